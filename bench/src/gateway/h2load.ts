import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { grpcHost, host } from './servers.ts';

const run = promisify(execFile);

/** What h2load is to send, over TLS. */
export interface Http2Load {
  /** `grpc`: calls with a small message there and back. */
  readonly kind: 'get' | 'grpc';
  readonly connections: number;
  /** Requests under way on each. */
  readonly streams: number;
}

/** What came of it. */
export interface Http2Outcome {
  readonly requests: number;
  readonly perSecond: number;
  readonly meanUs: number;
  readonly errors: number;
}

/** A message of two bytes, with the prefix that gRPC gives it. */
const grpcMessage = Buffer.from([0, 0, 0, 0, 2, 8, 1]);

/** Loads a port for so many seconds. */
export async function h2load(
  folder: string,
  { port, seconds, load }: { readonly port: number; readonly seconds: number; readonly load: Http2Load },
): Promise<Http2Outcome> {
  const isGrpc = load.kind === 'grpc';
  const message = join(folder, 'message.bin');
  writeFileSync(message, grpcMessage);
  const grpc = ['-H', 'content-type: application/grpc', '-H', 'te: trailers', '-d', message];
  const amount = ['-t', '1', '-c', String(load.connections), '-m', String(load.streams), '-D', `${seconds}`];
  const url = `https://${isGrpc ? grpcHost : host}${isGrpc ? '/bench.Shop/Get' : '/small'}`;
  const args = [...amount, ...(isGrpc ? grpc : []), `--connect-to=127.0.0.1:${port}`, url];
  const { stdout } = await run('h2load', args);
  const figure = (pattern: RegExp): string => pattern.exec(stdout)?.[1] ?? 'NaN';
  const requests = Number(figure(/, (\d+) done/));
  const succeeded = Number(figure(/status codes: (\d+) 2xx/));
  return {
    requests,
    perSecond: Number(figure(/, ([\d.]+) req\/s/)),
    meanUs: microseconds(/time for request: +\S+ +\S+ +([\d.]+)(us|ms|s)/.exec(stdout)),
    // What was under way at the end counts in one but not in the other.
    errors: Math.max(0, requests - succeeded),
  };
}

function microseconds(match: RegExpExecArray | null): number {
  const factors: Readonly<Record<string, number>> = { us: 1, ms: 1e3, s: 1e6 };
  return Number(match?.[1]) * (factors[match?.[2] ?? ''] ?? Number.NaN);
}
