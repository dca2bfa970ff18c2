import { handleBinding, handleEviction } from './pod-handler.ts';
import { connections, upgradeRequired } from '../kubelet/connect.ts';
import { requireStored } from '../rest/call.ts';
import { actionNotSupported, methodNotAllowed, unknownResource } from '../rest/errors.ts';
import { finalizeNamespace } from '../rest/finalize.ts';
import { patchTypes } from '../rest/patch.ts';
import { patchScale, requireScale, updateScale } from '../rest/scale.ts';
import type { ApiRequest } from './api-request.ts';
import { mediaTypeOf, parseBody, parseJson, readBody } from './body.ts';
import { negotiate } from './negotiate.ts';
import { addWarnings, sendJson } from './respond.ts';
import { handleToken } from './token-handler.ts';

/** Answers requests on subresources other than `status`. Rejects with `StatusError`. */
export async function handleSubresource(api: ApiRequest): Promise<void> {
  const { info, subresource } = api.call;
  if (subresource === 'scale' && info.scale) return handleScale(api);
  if (info.builtin && info.kind === 'Namespace' && subresource === 'finalize') return handleFinalize(api);
  if (info.builtin && info.kind === 'Pod' && subresource === 'proxy') throw actionNotSupported(info, subresource);
  if (!info.subresources?.some(({ name }) => name === subresource)) throw unknownResource();
  if (connections.has(subresource)) throw upgradeRequired();
  if (subresource === 'log') return handleLog(api);
  if (subresource === 'binding') return handleBinding(api);
  if (subresource === 'eviction') return handleEviction(api);
  if (subresource === 'token') return handleToken(api);
  throw unknownResource();
}

async function handleScale(api: ApiRequest): Promise<void> {
  const { call, context, request, response } = api;
  const { machine } = context;
  const scale = await changedScale(api);
  if (request.method !== 'GET') await machine.storage.durable();
  addWarnings(response, call.warnings);
  sendJson(response, 200, JSON.stringify(scale), negotiate(request.headers.accept).media);
}

async function changedScale({ call, context, request }: ApiRequest): Promise<object> {
  const { machine } = context;
  const contentType = request.headers['content-type'];
  if (request.method === 'GET') return requireScale(call.info, requireStored(machine, call));
  const body = await readBody(request);
  if (request.method === 'PUT') return updateScale(machine, call, parseBody(body, contentType));
  if (request.method !== 'PATCH') throw methodNotAllowed();
  return patchScale(machine, call, patchTypes[mediaTypeOf(contentType)], parseJson(body));
}

async function handleFinalize({ call, context, request, response }: ApiRequest): Promise<void> {
  if (request.method !== 'PUT') throw methodNotAllowed();
  const body = parseBody(await readBody(request), request.headers['content-type']);
  const stored = finalizeNamespace(context.machine, call, body);
  await context.machine.storage.durable();
  sendJson(response, 200, stored.json, negotiate(request.headers.accept).media);
}

async function handleLog({ call, context, request, response }: ApiRequest): Promise<void> {
  if (request.method !== 'GET') throw methodNotAllowed();
  await context.logs.stream(requireStored(context.machine, call), call.query, response);
}
