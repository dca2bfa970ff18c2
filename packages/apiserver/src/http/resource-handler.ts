import { createObject } from '../rest/create.ts';
import { deleteCollection } from '../rest/delete-collection.ts';
import { parseDeleteOptions } from '../rest/delete-options.ts';
import { type Deleted, deleteObject } from '../rest/delete.ts';
import { invalidOptions, methodNotAllowed, notMade, unknownResource } from '../rest/errors.ts';
import { badVersion, isTrue, parseVersion } from '../rest/list-options.ts';
import { listObjects, requireReached } from '../rest/list.ts';
import { patchObject, patchTypes, unsupportedPatch } from '../rest/patch.ts';
import { classOfKind } from '../protobuf/classes.ts';
import { type Call, apiVersionOfInfo, requireStored } from '../rest/call.ts';
import { updateObject } from '../rest/update.ts';
import { forbidden } from '../schema/field-error.ts';
import { duplicateKeys } from '../schema/duplicate-keys.ts';
import type { StoredObject } from '../store/stored-object.ts';
import { startWatch } from '../watch/watch-stream.ts';
import type { ApiRequest } from './api-request.ts';
import { looksLikeJson, mediaTypeOf, parseBody, parseJson, parseYamlOrJson, readBody } from './body.ts';
import { encodeList, encodeObject } from './encode.ts';
import { type Encoding, negotiate } from './negotiate.ts';
import { addWarnings, sendJson } from './respond.ts';
import { handleSubresource } from './subresource-handler.ts';

const endpointsWarning = 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice';
const anyForm: readonly Encoding['as'][] = ['object', 'table', 'metadata'];

/** The form that a request wants objects of its resource in. Throws `NotAcceptable`. */
function encodingFor({ call: { info }, request }: ApiRequest): Encoding {
  const protobuf = info.builtin && classOfKind(apiVersionOfInfo(info), info.kind) !== undefined;
  return negotiate(request.headers.accept, anyForm, { protobuf });
}

/** Answers one request on a resource. Rejects with `StatusError` when it is refused. */
export async function handleResource(api: ApiRequest): Promise<void> {
  const { info, name, subresource, warnings } = api.call;
  if (info.builtin && info.kind === 'Endpoints') warnings.push(endpointsWarning);
  const isStatus = subresource === 'status' && info.status;
  if (subresource !== '' && !isStatus) return handleSubresource(api);
  return name === '' ? handleCollection(api) : handleObject(api);
}

async function handleCollection(api: ApiRequest): Promise<void> {
  const { call, request } = api;
  // Single objects are made, and collections deleted, within a namespace.
  const isAcrossNamespaces = call.info.namespaced && call.namespace === '';
  if (isAcrossNamespaces && request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed();
  switch (request.method) {
    case 'GET':
    case 'HEAD':
      return isTrue(call.query.get('watch')) ? watch(api) : list(api);
    case 'POST':
      return create(api);
    case 'DELETE':
      return removeAll(api);
    default:
      throw methodNotAllowed();
  }
}

async function handleObject(api: ApiRequest): Promise<void> {
  const { call, request } = api;
  if (call.info.verbs.length === 1) throw unknownResource();
  switch (request.method) {
    case 'GET':
    case 'HEAD':
      return get(api);
    case 'PUT':
      return update(api);
    case 'PATCH':
      return patch(api);
    case 'DELETE':
      if (call.subresource === 'status') throw methodNotAllowed();
      return remove(api);
    default:
      throw methodNotAllowed();
  }
}

function watch(api: ApiRequest): void {
  startWatch(api.context.machine, api.call, encodingFor(api), api.response);
}

function list(api: ApiRequest): void {
  const { context, call, response } = api;
  const encoding = encodingFor(api);
  const page = listObjects(context.machine, call, context.snapshots);
  addWarnings(response, call.warnings);
  sendJson(response, 200, encodeList(call, page, encoding, context.machine.clock.now()), encoding.media);
}

async function get(api: ApiRequest): Promise<void> {
  const { context, call } = api;
  const text = call.query.get('resourceVersion');
  const asked = parseVersion(text, badVersion);
  requireReached(asked ?? 0, context.machine.storage.revision);
  sendObject(api, 200, requireStored(api.context.machine, api.call));
}

async function create(api: ApiRequest): Promise<void> {
  const { call, context } = api;
  // Before the body is read, which may be of a kind that is not even known in its form.
  if (!call.info.verbs.includes('create')) throw notMade(call.info);
  const { value, duplicates } = await body(api);
  const stored = createObject(context.machine, { ...call, duplicates }, value);
  await answer(api, 201, stored);
}

async function update(api: ApiRequest): Promise<void> {
  const { value, duplicates } = await body(api);
  const { stored, created } = updateObject(api.context.machine, { ...api.call, duplicates }, value);
  await answer(api, created ? 201 : 200, stored);
}

async function patch(api: ApiRequest): Promise<void> {
  const { call, context, request } = api;
  const type = patchTypes[mediaTypeOf(request.headers['content-type'])];
  if (!type || (type === 'strategic' && !call.info.builtin)) throw unsupportedPatch();
  if (type !== 'apply' && call.query.has('force'))
    throw invalidOptions('PatchOptions', forbidden('force', 'may not be specified for non-apply patch'));
  const raw = await readBody(request);
  const parsed = type === 'apply' ? parseYamlOrJson(raw) : parseJson(raw);
  const duplicates = duplicatesIn(raw, call);
  const { stored, created } = patchObject(context.machine, { ...call, duplicates }, type, parsed);
  await answer(api, created ? 201 : 200, stored);
}

async function remove(api: ApiRequest): Promise<void> {
  const { call, context } = api;
  const options = parseDeleteOptions(await optionalBody(api), call.query);
  const deleted = deleteObject(context.machine, call, options);
  await answerDeleted(api, deleted);
}

async function removeAll(api: ApiRequest): Promise<void> {
  const { call, context, response } = api;
  if (!call.info.verbs.includes('deletecollection')) throw methodNotAllowed();
  const options = parseDeleteOptions(await optionalBody(api), call.query);
  const encoding = encodingFor(api);
  const page = deleteCollection(context.machine, call, options);
  await context.machine.storage.durable();
  sendJson(response, 200, encodeList(call, page, encoding, context.machine.clock.now()), encoding.media);
}

async function body({ call, request }: ApiRequest): Promise<{ value: unknown; duplicates: readonly string[] }> {
  const raw = await readBody(request);
  return {
    value: parseBody(raw, request.headers['content-type'], call.info.kind),
    duplicates: duplicatesIn(raw, call),
  };
}

/** Keys that a body of JSON has twice; it has been parsed by now. */
function duplicatesIn(raw: Buffer, { fieldValidation }: Call): readonly string[] {
  return fieldValidation === 'Ignore' || !looksLikeJson(raw) ? [] : duplicateKeys(raw.toString('utf8'));
}

async function optionalBody({ request }: ApiRequest): Promise<unknown> {
  const raw = await readBody(request);
  return raw.length === 0 ? undefined : parseBody(raw, request.headers['content-type']);
}

/** Answers with an object once all that was written is durable. */
export async function answer(api: ApiRequest, code: number, stored: StoredObject): Promise<void> {
  await api.context.machine.storage.durable();
  sendObject(api, code, stored);
}

async function answerDeleted(api: ApiRequest, deleted: Deleted): Promise<void> {
  if ('stored' in deleted) return answer(api, 200, deleted.stored);
  await api.context.machine.storage.durable();
  addWarnings(api.response, api.call.warnings);
  const { media } = encodingFor(api);
  sendJson(api.response, 200, JSON.stringify(deleted.status), media);
}

function sendObject(api: ApiRequest, code: number, stored: StoredObject): void {
  const { call, context, response } = api;
  const encoding = encodingFor(api);
  addWarnings(response, call.warnings);
  sendJson(response, code, encodeObject(call, stored, encoding, context.machine.clock.now()), encoding.media);
}
