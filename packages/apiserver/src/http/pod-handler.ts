import { type Pod, type Status, StatusError } from '@ebb/api';
import { requireStored, timestamp } from '../rest/call.ts';
import { parseDeleteOptions } from '../rest/delete-options.ts';
import { deleteObject } from '../rest/delete.ts';
import { badRequest, conflict, methodNotAllowed } from '../rest/errors.ts';
import { scheduled } from '../rest/strategy.ts';
import { isObject, objectOf, stringOf } from '../schema/json.ts';
import type { StoredObject } from '../store/stored-object.ts';
import { resourceKey } from '../store/stored-pair.ts';
import type { ApiRequest } from './api-request.ts';
import { parseBody, readBody } from './body.ts';
import { negotiate } from './negotiate.ts';
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
  sendSuccess(api);
}

/** Deletes a pod as an eviction asks; disruption budgets are not looked at. */
export async function handleEviction(api: ApiRequest): Promise<void> {
  const { call, context } = api;
  const eviction = await readObject(api);
  const options = parseDeleteOptions(eviction['deleteOptions'], call.query);
  const dryRun = options.dryRun || call.dryRun;
  if (!dryRun) markEvicted(api, requireStored(context.machine, call));
  deleteObject(context.machine, call, { ...options, dryRun });
  await context.machine.storage.durable();
  sendSuccess(api);
}

/** Says in a pod that goes why it goes. */
function markEvicted({ call, context }: ApiRequest, stored: StoredObject): void {
  const pod = structuredClone(stored.object) as Pod;
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'DisruptionTarget');
  const condition = {
    type: 'DisruptionTarget',
    status: 'True' as const,
    lastTransitionTime: timestamp(context.machine.clock.now()),
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  };
  pod.status = { ...pod.status, conditions: [...others, condition] };
  context.machine.storage.put(resourceKey(call.info), pod);
}

function sendSuccess({ request, response }: ApiRequest): void {
  const { media } = negotiate(request.headers.accept, ['object'], { protobuf: true });
  sendJson(response, 201, JSON.stringify(success), media);
}

async function readObject({ request }: ApiRequest): Promise<Record<string, unknown>> {
  if (request.method !== 'POST') throw methodNotAllowed();
  const body = parseBody(await readBody(request), request.headers['content-type']);
  if (!isObject(body)) throw badRequest('the object provided is unrecognized');
  return body;
}
