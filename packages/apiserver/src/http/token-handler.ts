import { methodNotAllowed } from '../rest/errors.ts';
import { issueToken } from '../rest/token-request.ts';
import type { ApiRequest } from './api-request.ts';
import { parseBody, readBody } from './body.ts';
import { negotiate } from './negotiate.ts';
import { sendJson } from './respond.ts';

/** Answers `serviceaccounts/token`: a token that says who its bearer is, to those who ask with a TokenReview. */
export async function handleToken({ call, context, request, response }: ApiRequest): Promise<void> {
  if (request.method !== 'POST') throw methodNotAllowed();
  const body = parseBody(await readBody(request), request.headers['content-type'], 'TokenRequest');
  const answer = issueToken(context, call, body);
  const { media } = negotiate(request.headers.accept, ['object'], { protobuf: true });
  sendJson(response, 201, JSON.stringify(answer), media);
}
