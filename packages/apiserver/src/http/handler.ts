import type { IncomingMessage, ServerResponse } from 'node:http';
import { StatusError } from '@ebb/api';
import type { Turns } from '../local/turns.ts';
import { metricsGroup, readMetrics } from '../kubelet/metrics.ts';
import { nodeProxyPath, proxyToNode } from '../kubelet/node-proxy.ts';
import type { Call } from '../rest/call.ts';
import { methodNotAllowed, unknownResource } from '../rest/errors.ts';
import { type ApiContext, makeCall, userOf } from './api-request.ts';
import { parseBody, readBody } from './body.ts';
import { type Information, handleInformation } from './information.ts';
import { negotiate } from './negotiate.ts';
import { type ResourcePath, parseResourcePath } from './path.ts';
import { handleResource } from './resource-handler.ts';
import { sendError, sendJson, sendText } from './respond.ts';
import { answerReview, isReview } from './reviews.ts';

/** All that answering needs. */
export interface HandlerOptions extends ApiContext {
  readonly information: Information;
  readonly turns: Turns;
}

/** Makes the function that answers every request; it never throws. */
export function makeHandler(options: HandlerOptions): (request: IncomingMessage, response: ServerResponse) => void {
  const { logger } = options.machine;
  return (request, response) => {
    response.on('error', (error) => logger.debug({ error: error.message }, 'a client left'));
    handle(options, request, response).catch((error: unknown) => {
      // A client that left in the middle of its request hears no answer.
      if (response.destroyed || (request.destroyed && !request.complete)) return;
      // Of strangers, and of bodies without end, nothing more is read: the connection ends with the answer.
      if (!response.headersSent && (isStranger(error) || isTooLarge(error))) response.setHeader('Connection', 'close');
      sendError(response, error, logger);
    });
  };
}

const isStranger = (error: unknown): boolean => error instanceof StatusError && error.code === 401;
const isTooLarge = (error: unknown): boolean => error instanceof StatusError && error.code === 413;

async function handle(options: HandlerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { path, query } = splitUrl(request.url ?? '/');
  if (!options.isAllowed(request.headers.authorization)) throw new StatusError('Unauthorized', 'Unauthorized');
  const proxied = nodeProxyPath(path);
  if (proxied) return proxyToNode({ ...proxied, query }, { request, response }, options.kubelets);
  const resource = parseResourcePath(path, options.machine.registry);
  if (typeof resource === 'object') return handlePath(options, resource, { query, request, response });
  if (handleInformation(options.information, path, request, response)) return;
  if (resource === 'version') throw unknownResource();
  sendText(response, 404, '404 page not found\n');
}

interface Exchange {
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

async function handlePath(
  context: HandlerOptions,
  path: ResourcePath,
  { query, request, response }: Exchange,
): Promise<void> {
  if (isReview(path.info)) return review(context, path, { request, response });
  const call = makeCall(path, query, request);
  if (path.info.group === metricsGroup) return metrics(context, call, { request, response });
  if (request.method === 'POST') await context.turns.newWork();
  await handleResource({ context, request, response, call });
}

async function metrics(
  { machine, kubelets }: ApiContext,
  call: Call,
  { request, response }: Omit<Exchange, 'query'>,
): Promise<void> {
  const { media } = negotiate(request.headers.accept);
  const found = await readMetrics(call, request.method, { ...machine, kubelets });
  sendJson(response, 200, JSON.stringify(found), media);
}

async function review(
  context: ApiContext,
  { info, name }: ResourcePath,
  { request, response }: Omit<Exchange, 'query'>,
): Promise<void> {
  if (name !== '') throw unknownResource();
  if (request.method !== 'POST') throw methodNotAllowed();
  const body = parseBody(await readBody(request), request.headers['content-type']);
  const { media } = negotiate(request.headers.accept, ['object'], { protobuf: true });
  sendJson(response, 201, JSON.stringify(answerReview(context, info, body, userOf(request))), media);
}

/** Path, without a slash at its end, and query of a request's target. */
export function splitUrl(url: string): { path: string; query: URLSearchParams } {
  const at = url.indexOf('?');
  const raw = at < 0 ? url : url.slice(0, at);
  const path = raw.length > 1 && raw.endsWith('/') ? raw.slice(0, -1) : raw;
  return { path, query: new URLSearchParams(at < 0 ? '' : url.slice(at + 1)) };
}
