import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { type Node, type Pod, StatusError } from '@ebb/api';
import { isAbort, messageOf } from '@ebb/base';
import { Agent, request as fetchUpstream } from 'undici';
import { badRequest } from '../rest/errors.ts';
import { invalid, invalidObject } from '../schema/field-error.ts';
import type { Storage } from '../store/storage.ts';
import type { StoredObject } from '../store/stored-object.ts';

const passed = ['follow', 'previous', 'sinceSeconds', 'sinceTime', 'timestamps', 'tailLines', 'limitBytes'];
const headersTimeoutMs = 30_000;

/** Serves `pods/log` by asking the kubelet of the pod's node. */
export class LogProxy implements AsyncDisposable {
  readonly #storage: Storage;
  readonly #token: string | undefined;
  // Kubelets are reached over loopback only and make their own certificates: there is nobody to sign those.
  readonly #agent = new Agent({
    connect: { rejectUnauthorized: false },
    headersTimeout: headersTimeoutMs,
    bodyTimeout: 0,
  });

  constructor(storage: Storage, token: string | undefined) {
    this.#storage = storage;
    this.#token = token;
  }

  /** Streams the log of a container, at the client's pace, until it ends or the client leaves. */
  async stream(stored: StoredObject, query: URLSearchParams, response: ServerResponse): Promise<void> {
    const pod = stored.object as Pod;
    checkOptions(stored.name, query);
    const container = chooseContainer(pod, query.get('container') ?? '');
    const url = this.#kubeletUrl(pod, container, query);
    const left = new AbortController();
    response.once('close', () => left.abort());
    try {
      await this.#relay(url, response, left.signal);
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

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }

  async #relay(url: URL, response: ServerResponse, signal: AbortSignal): Promise<void> {
    const headers = this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` };
    const upstream = await fetchUpstream(url, { dispatcher: this.#agent, headers, signal }).catch((error: unknown) => {
      if (isAbort(error)) throw error;
      throw new StatusError('InternalError', `Get "${url.href}": ${messageOf(error)}`, { cause: error });
    });
    if (upstream.statusCode >= 400) throw kubeletError(upstream.statusCode, await upstream.body.text());
    response.writeHead(200, { 'Content-Type': 'text/plain', 'Cache-Control': 'no-cache, private' });
    response.flushHeaders();
    await pipeline(upstream.body, response, { signal });
  }

  #kubeletUrl(pod: Pod, container: string, query: URLSearchParams): URL {
    const { name = '', namespace = '' } = pod.metadata;
    const { nodeName } = pod.spec;
    if (!nodeName) throw badRequest(`pod ${name} does not have a host assigned`);
    const node = this.#storage.table('nodes').get('', nodeName)?.object as Node | undefined;
    const address = node?.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address;
    const port = node?.status?.daemonEndpoints?.kubeletEndpoint?.Port;
    if (!node || !address || !port)
      throw new StatusError(
        'InternalError',
        `Internal error occurred: node ${nodeName} has no kubelet that can be reached`,
      );
    const host = address.includes(':') ? `[${address}]` : address;
    const url = new URL(`https://${host}:${port}/containerLogs/${namespace}/${name}/${container}`);
    for (const key of passed) {
      const value = query.get(key);
      if (value !== null) url.searchParams.set(key, value);
    }
    return url;
  }
}

function kubeletError(code: number, body: string): StatusError {
  const text = body.trim().slice(0, 1000) || 'the kubelet gave no reason';
  if (code === 404) return new StatusError('NotFound', `the server could not find the requested resource: ${text}`);
  return new StatusError(code === 400 ? 'BadRequest' : 'InternalError', text, { code });
}

/** The container to read: the one named, the default one, or the only one. Throws `BadRequest` if that is unclear. */
function chooseContainer(pod: Pod, asked: string): string {
  const { name = '', annotations } = pod.metadata;
  const containers = pod.spec.containers.map((each) => each.name);
  const init = (pod.spec.initContainers ?? []).map((each) => each.name);
  if (asked !== '') {
    if ([...containers, ...init].includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${name}`);
  }
  const preferred = annotations?.['kubectl.kubernetes.io/default-container'];
  if (containers.length === 1 && containers[0] !== undefined) return containers[0];
  if (preferred !== undefined && containers.includes(preferred)) return preferred;
  const initText = init.length > 0 ? ` or one of the init containers: [${init.join(' ')}]` : '';
  throw badRequest(
    `a container name must be specified for pod ${name}, choose one of: [${containers.join(' ')}]${initText}`,
  );
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
