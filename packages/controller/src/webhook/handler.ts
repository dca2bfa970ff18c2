import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { type Clock, type Logger, gatherBody, linkSignals, messageOf } from '@ebb/base';
import { type AnswerOptions, answer } from './answer.ts';
import { type WebhookPurpose, paths, purposes } from './configurations.ts';
import { MalformedReview, parseReview, renderReview } from './review.ts';

export interface HandlerOptions extends AnswerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Most bytes of a body: two objects of the 3 MiB that Kubernetes allows, and what is around them. */
const maxBytes = 7 * 1024 * 1024;

/** Longest an answer may take; API servers are told to wait no longer (`timeoutSeconds`). */
const answerTimeoutMs = 10_000;

const purposeOf: ReadonlyMap<string, WebhookPurpose> = new Map(purposes.map((purpose) => [paths[purpose], purpose]));

interface Reply {
  readonly code: number;
  readonly body: string;
  readonly json?: boolean;
}

/** A refusal to answer at all: the API server then does what the configuration's `failurePolicy` says. */
class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** Answers requests of API servers, and of kubelets that ask for `/healthz`. */
export function createHandler(options: HandlerOptions): RequestListener {
  const { logger } = options;
  return (request, response) => {
    replyTo(request, response, options)
      .catch((error: unknown): Reply => {
        if (error instanceof HttpError) return { code: error.code, body: error.message };
        if (error instanceof MalformedReview) return { code: 400, body: error.message };
        if (!response.destroyed)
          logger.error({ url: request.url, error: messageOf(error) }, 'a review was not answered');
        return { code: 500, body: messageOf(error) };
      })
      .then((reply) => send(request, response, reply))
      .catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  };
}

async function replyTo(
  request: IncomingMessage,
  response: ServerResponse,
  { clock, ...options }: HandlerOptions,
): Promise<Reply> {
  const [path = ''] = (request.url ?? '').split('?', 1);
  if (path === '/healthz' || path === '/readyz') return { code: 200, body: 'ok' };
  const purpose = purposeOf.get(path);
  if (purpose === undefined)
    throw new HttpError(404, `no webhook at this path; there are ${Object.values(paths).join(', ')}`);
  if (request.method !== 'POST') throw new HttpError(405, 'a review is to be posted');
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
    throw new HttpError(415, 'a review is to be application/json');
  using link = linkSignals();
  using _deadline = clock.after(answerTimeoutMs, () => link.abort(new HttpError(504, 'no answer in time')));
  const leave = (): void => link.abort(new HttpError(499, 'the client has left'));
  response.once('close', leave);
  try {
    const question = parseReview((await gatherBody(request, { maxBytes, tooMuch })).toString('utf8'));
    return {
      code: 200,
      body: renderReview(question, await answer(purpose, question, { ...options, ...link })),
      json: true,
    };
  } finally {
    response.off('close', leave);
  }
}

const tooMuch = (): HttpError => new HttpError(413, `the body is larger than ${maxBytes} bytes`);

/** What was not read of a request is not waited for: its connection ends with the answer. */
function send(request: IncomingMessage, response: ServerResponse, { code, body, json = false }: Reply): void {
  if (response.destroyed) return;
  response.writeHead(code, {
    'content-type': json ? 'application/json' : 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    ...(request.complete ? {} : { connection: 'close' }),
  });
  response.end(body);
}
