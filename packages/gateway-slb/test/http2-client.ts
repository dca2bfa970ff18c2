import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type ClientSessionOptions,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  connect,
} from 'node:http2';
import { host } from './harness.ts';

/** What came back on one stream. */
export interface Http2Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  readonly body: string;
  /** The code it was closed with; 0 if in peace. */
  readonly code: number;
  /** Statuses of 1xx responses. */
  readonly information: readonly number[];
}

/** A client with one connection. */
export interface Http2Client extends AsyncDisposable {
  readonly session: ClientHttp2Session;
  /** Begins a request; its body, if `endStream` is false, is the caller's to write. */
  begin(headers?: OutgoingHttpHeaders, options?: { readonly endStream?: boolean }): ClientHttp2Stream;
  /** Sends a request with this body, and resolves to what comes back, however it ends. */
  ask(headers?: OutgoingHttpHeaders, body?: string): Promise<Http2Answer>;
}

export async function openHttp2Client(port: number, options: ClientSessionOptions = {}): Promise<Http2Client> {
  const session = connect(`http://127.0.0.1:${port}`, options);
  session.on('error', () => {});
  await once(session, 'connect');
  const begin: Http2Client['begin'] = (headers = {}, { endStream = true } = {}) =>
    session.request({ ':path': '/', ':authority': host, ...headers }, { endStream });
  return {
    session,
    begin,
    ask: (headers, body) => {
      const stream = begin(headers, { endStream: body === undefined });
      if (body !== undefined) stream.end(body);
      return answerOn(stream);
    },
    [Symbol.asyncDispose]: async () => {
      session.destroy();
      await Promise.resolve();
    },
  };
}

/** What comes back on a stream, however it ends. */
export function answerOn(stream: ClientHttp2Stream): Promise<Http2Answer> {
  let headers: IncomingHttpHeaders & { ':status'?: number | undefined } = {};
  let trailers: IncomingHttpHeaders = {};
  let body = '';
  const information: number[] = [];
  stream.setEncoding('utf8');
  stream.on('headers', (some) => information.push(Number(some[':status'])));
  stream.on('response', (some) => (headers = some));
  stream.on('trailers', (some) => (trailers = some));
  stream.on('data', (chunk: string) => (body += chunk));
  stream.on('error', () => {});
  return new Promise((resolve) => {
    stream.once('close', () =>
      resolve({ status: Number(headers[':status']), headers, trailers, body, code: stream.rstCode ?? 0, information }),
    );
  });
}
