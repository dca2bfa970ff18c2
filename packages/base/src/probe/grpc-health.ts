import { type ClientHttp2Session, type IncomingHttpHeaders, type IncomingHttpStatusHeader, connect } from 'node:http2';

interface GrpcTarget {
  readonly host: string;
  readonly port: number;
  readonly service: string;
  readonly userAgent: string;
}

/** `grpc.health.v1.HealthCheckResponse.ServingStatus`, by number. */
const servingStatuses = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const;
const maxMessageBytes = 4096;

/**
 * Makes one call of the gRPC health protocol over plain HTTP/2, as a kubelet does. Undefined is SERVING, a text says what
 * else it was. Rejects if there was no answer.
 */
export async function checkGrpc(target: GrpcTarget, signal: AbortSignal): Promise<string | undefined> {
  const session = connect(`http://${target.host}:${target.port}`);
  const abort = (): void => session.destroy(new Error('the check was given up'));
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return verdictOf(await call(session, target));
  } finally {
    signal.removeEventListener('abort', abort);
    session.destroy();
  }
}

interface Answer {
  readonly headers: IncomingHttpHeaders & IncomingHttpStatusHeader;
  readonly trailers: IncomingHttpHeaders;
  readonly message: Buffer;
}

function call(session: ClientHttp2Session, { host, port, service, userAgent }: GrpcTarget): Promise<Answer> {
  return new Promise((resolve, reject) => {
    session.once('error', reject);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      ':authority': `${host}:${port}`,
      'content-type': 'application/grpc',
      'user-agent': userAgent,
      te: 'trailers',
    });
    let headers: IncomingHttpHeaders & IncomingHttpStatusHeader = {};
    let trailers: IncomingHttpHeaders = {};
    let message = Buffer.alloc(0);
    stream.on('response', (found) => (headers = found));
    stream.on('trailers', (found) => (trailers = found));
    stream.on('data', (chunk: Buffer) => {
      if (message.length < maxMessageBytes) message = Buffer.concat([message, chunk]);
    });
    stream.on('error', reject);
    stream.on('close', () => resolve({ headers, trailers, message }));
    stream.end(frame(healthCheckRequest(service)));
  });
}

/** Without a message the status stands in the headers. */
function verdictOf({ headers, trailers, message }: Answer): string | undefined {
  const code = trailers['grpc-status'] ?? headers['grpc-status'];
  if (headers[':status'] !== 200) return `gRPC probe failed: HTTP status ${headers[':status'] ?? 'none'}`;
  if (code !== '0') {
    const text = trailers['grpc-message'] ?? headers['grpc-message'] ?? '';
    return `gRPC probe failed: rpc error: code = ${String(code ?? 'unknown')} desc = ${String(text)}`;
  }
  const status = servingStatuses[servingStatus(message.subarray(framePrefixBytes))] ?? 'UNKNOWN';
  return status === 'SERVING' ? undefined : `service unhealthy (responded with "${status}")`;
}

/** Compressed flag and length before each message. */
const framePrefixBytes = 5;

function frame(message: Buffer): Buffer {
  const prefix = Buffer.alloc(framePrefixBytes);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** `HealthCheckRequest{service}`: field 1, a text; an empty one is left out. */
function healthCheckRequest(service: string): Buffer {
  if (service === '') return Buffer.alloc(0);
  const text = Buffer.from(service, 'utf8');
  return Buffer.concat([Buffer.from([0x0a, ...varint(text.length)]), text]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}

/** `HealthCheckResponse{status}`: field 1, a small number; absent it is 0. */
function servingStatus(message: Buffer): number {
  return message[0] === 0x08 ? (message[1] ?? 0) : 0;
}
