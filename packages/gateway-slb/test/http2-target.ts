import type { IncomingMessage, ServerResponse } from 'node:http';
import { makeCertificates } from '@ebb/base/certificates';
import { readCertificate } from '../src/edge/certificate.ts';
import { CertificateStore } from '../src/edge/certificate-store.ts';
import { defaultTlsPolicy, tlsPolicies } from '../src/edge/tls-policies.ts';
import { type GatewayOptions, type TestGateway, bodyOf, host, openGateway, openHttpBackend } from './harness.ts';
import { type RawHttp2Client, beginning, fieldBlock, flags, frame, openRawHttp2Client } from './raw-http2-client.ts';

/** In the clear with prior knowledge, or over TLS. */
export type Transport = 'h2c' | 'tls';

/** What `/large` is answered with. */
export const largeBytes: number = 8 * 1024 * 1024;

/** A gateway to attack, and the instance behind it. */
export interface Target extends AsyncDisposable {
  readonly gateway: TestGateway;
  /** What came whole to the instance: `path body`. */
  readonly served: readonly string[];
  /** Bytes the instance could send on `/endless`. */
  sent(): number;
  open(begin?: Buffer | string): Promise<RawHttp2Client>;
  /** The header list of a request. */
  request(path: string, ...more: readonly string[]): string[];
  /** One that is over with its headers. */
  get(id: number, path: string, ...more: readonly string[]): Buffer;
  /** One whose body is still to come. */
  post(id: number, path: string, ...more: readonly string[]): Buffer;
}

/**
 * The instance answers what it got; `/hold` never, `/large` with `largeBytes`, and `/endless` without end.
 */
export async function openTarget(transport: Transport, options: GatewayOptions = {}): Promise<Target> {
  const served: string[] = [];
  let sent = 0;
  const backend = await openHttpBackend((request, response) => {
    request.on('error', () => {});
    if (request.url === '/endless') return pour(response, (bytes) => (sent += bytes));
    if (request.url === '/large') return void response.end(Buffer.alloc(largeBytes, 'a'));
    if (request.url !== '/hold') void answer(request, response, served);
  });
  const certificates = new CertificateStore();
  certificates.default = readCertificate(await makeCertificates({ commonName: host, hosts: [host], now: Date.now() }));
  const settings = { policy: tlsPolicies[defaultTlsPolicy], http2: true };
  const gateway = await openGateway({
    backends: [backend],
    tls: { certificates, settings: () => settings },
    ...options,
  });
  const where = transport === 'tls' ? { port: gateway.tlsPort, servername: host } : { port: gateway.port };
  const scheme = transport === 'tls' ? 'https' : 'http';
  const headers = (method: string, path: string, more: readonly string[]): string[] => {
    return [':method', method, ':scheme', scheme, ':authority', host, ':path', path, ...more];
  };
  const { endHeaders, endStream } = flags;
  return {
    gateway,
    served,
    sent: () => sent,
    open: (begin = beginning) => openRawHttp2Client(where, begin),
    request: (path, ...more) => headers('GET', path, more),
    get: (id, path, ...more) =>
      frame('headers', id, { flags: endHeaders | endStream, payload: fieldBlock(headers('GET', path, more)) }),
    post: (id, path, ...more) =>
      frame('headers', id, { flags: endHeaders, payload: fieldBlock(headers('POST', path, more)) }),
    [Symbol.asyncDispose]: async () => {
      await gateway[Symbol.asyncDispose]();
      await backend[Symbol.asyncDispose]();
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, served: string[]): Promise<void> {
  try {
    served.push(`${request.url} ${await bodyOf(request)}`);
  } catch {
    return; // it was broken off
  }
  response.end(JSON.stringify({ headers: request.headers, trailers: request.trailers }));
}

function pour(response: ServerResponse, count: (bytes: number) => void): void {
  const chunk = Buffer.alloc(64 * 1024);
  const more = (): void => {
    do count(chunk.length);
    while (response.write(chunk));
  };
  response.on('drain', more);
  more();
}
