import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { type Pod, StatusError } from '@ebb/api';
import { isAbort } from '@ebb/base';
import { badRequest } from '../rest/errors.ts';
import { invalid, invalidObject } from '../schema/field-error.ts';
import type { StoredObject } from '../store/stored-object.ts';
import type { Kubelets } from './kubelets.ts';
import { chooseContainer, nodeOf } from './pod-container.ts';

const passed = ['follow', 'previous', 'sinceSeconds', 'sinceTime', 'timestamps', 'tailLines', 'limitBytes'];
/** Serves `pods/log` by asking the kubelet of the pod's node. */
export class LogProxy {
  readonly #kubelets: Kubelets;

  constructor(kubelets: Kubelets) {
    this.#kubelets = kubelets;
  }

  /** Streams the log of a container, at the client's pace, until it ends or the client leaves. */
  async stream(stored: StoredObject, query: URLSearchParams, response: ServerResponse): Promise<void> {
    const pod = stored.object as Pod;
    checkOptions(stored.name, query);
    const container = chooseContainer(pod, query.get('container') ?? '');
    const path = logPath(pod, container, query);
    const nodeName = nodeOf(pod);
    const left = new AbortController();
    response.once('close', () => left.abort());
    try {
      await this.#relay({ nodeName, path }, response, left.signal);
    } catch (error) {
      // A client that left is no failure, nor can one be told once text is under way.
      if (isAbort(error) || left.signal.aborted) return;
      if (response.headersSent) {
        response.destroy();
        return;
      }
      throw error;
    }
  }

  async #relay(
    { nodeName, path }: { readonly nodeName: string; readonly path: string },
    response: ServerResponse,
    signal: AbortSignal,
  ): Promise<void> {
    const upstream = await this.#kubelets.call(nodeName, { path, signal });
    if (upstream.statusCode >= 400) throw kubeletError(upstream.statusCode, await upstream.body.text());
    response.writeHead(200, { 'Content-Type': 'text/plain', 'Cache-Control': 'no-cache, private' });
    response.flushHeaders();
    await pipeline(upstream.body, response, { signal });
  }
}

function logPath({ metadata }: Pod, container: string, query: URLSearchParams): string {
  const asked = new URLSearchParams(
    passed.flatMap((key) => query.getAll(key).map((value): [string, string] => [key, value])),
  );
  return `/containerLogs/${metadata.namespace}/${metadata.name}/${container}?${asked.toString()}`;
}

function kubeletError(code: number, body: string): StatusError {
  const text = body.trim().slice(0, 1000) || 'the kubelet gave no reason';
  if (code === 404) return new StatusError('NotFound', `the server could not find the requested resource: ${text}`);
  return new StatusError(code === 400 ? 'BadRequest' : 'InternalError', text, { code });
}

/** Throws `Invalid` for numbers that make no sense. */
function checkOptions(name: string, query: URLSearchParams): void {
  const errors = [
    ...atLeast(query, 'tailLines', 0),
    ...atLeast(query, 'limitBytes', 1),
    ...atLeast(query, 'sinceSeconds', 1),
  ];
  if (query.has('sinceSeconds') && query.has('sinceTime'))
    errors.push({
      field: 'sinceSeconds',
      reason: 'FieldValueForbidden',
      message: 'Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
    });
  if (errors.length > 0) throw invalidObject({ group: '', kind: 'PodLogOptions' }, name, errors);
}

function atLeast(query: URLSearchParams, key: string, least: number): ReturnType<typeof invalid>[] {
  const text = query.get(key);
  if (text === null || text === '') return [];
  const value = Number(text);
  if (!Number.isSafeInteger(value))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  const bound = least === 0 ? 'must be greater than or equal to 0' : 'must be greater than 0';
  return value < least ? [invalid(key, value, bound)] : [];
}
