import { type Pod, type Status, StatusError } from '@ebb/api';
import { requireStored, timestamp } from '../rest/call.ts';
import { parseDeleteOptions } from '../rest/delete-options.ts';
import { deleteObject } from '../rest/delete.ts';
import { badRequest, conflict, methodNotAllowed } from '../rest/errors.ts';
import { scheduled } from '../rest/strategy.ts';
import { isObject, objectOf, stringOf } from '../schema/json.ts';
import { resourceKey } from '../store/stored-pair.ts';
import type { ApiRequest } from './api-request.ts';
import { parseBody, readBody } from './body.ts';
import { sendJson } from './respond.ts';

const success: Status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };

/** Binds a pod to the node a scheduler chose. */
export async function handleBinding(api: ApiRequest): Promise<void> {
  const { call, context } = api;
  const binding = await readObject(api);
  const nodeName = stringOf(objectOf(binding['target'])['name']);
  if (nodeName === '') throw new StatusError('', 'target.name: Required value', { code: 500 });
  const stored = requireStored(context.machine, call);
  const pod = structuredClone(stored.object) as Pod;
  if (pod.spec.nodeName)
    throw conflict(
      { group: '', plural: 'pods/binding' },
      call.name,
      `pod ${call.name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`,
    );
  pod.spec.nodeName = nodeName;
  const now = timestamp(context.machine.clock.now());
  pod.status = scheduled(pod.status ?? {}, { status: 'True', lastTransitionTime: now });
  if (!call.dryRun) context.machine.storage.put(resourceKey(call.info), pod);
  await context.machine.storage.durable();
  sendJson(api.response, 201, JSON.stringify(success));
}

/** Deletes a pod as an eviction asks; disruption budgets are not looked at. */
export async function handleEviction(api: ApiRequest): Promise<void> {
  const { call, context } = api;
  const eviction = await readObject(api);
  const options = parseDeleteOptions(eviction['deleteOptions'], call.query);
  deleteObject(context.machine, call, { ...options, dryRun: options.dryRun || call.dryRun });
  await context.machine.storage.durable();
  sendJson(api.response, 201, JSON.stringify(success));
}

async function readObject({ request }: ApiRequest): Promise<Record<string, unknown>> {
  if (request.method !== 'POST') throw methodNotAllowed();
  const body = parseBody(await readBody(request), request.headers['content-type']);
  if (!isObject(body)) throw badRequest('the object provided is unrecognized');
  return body;
}
