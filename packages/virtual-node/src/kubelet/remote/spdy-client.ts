import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Clock } from '@ebb/base';
import type { SessionStatus } from '@ebb/base/channels';
import type { SpdyConnection } from '../spdy/connection.ts';
import type { SpdyStream } from '../spdy/stream.ts';
import { type Upgrade, acceptSpdy } from '../upgrade.ts';
import type { ClientStreams, StreamOptions } from './client-streams.ts';

/** Versions of the remote-command protocol over SPDY; from the third on there is a terminal's size, from the fourth on a Status. */
const protocols = ['v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io'];

/** How long a client may take to open its streams. */
const openMs = 30_000;

/** Takes up a client that asks for a remote command over SPDY. Throws `HttpError`; rejects if it does not open the streams it asked for. */
export async function openSpdyClient(upgrade: Upgrade, options: StreamOptions, clock: Clock): Promise<ClientStreams> {
  const streams = new Map<string, SpdyStream>();
  let onStream = (): void => undefined;
  const { connection, protocol } = acceptSpdy(upgrade, {
    protocols,
    clock,
    onStream: (stream) => {
      const type = stream.headers.get('streamtype') ?? '';
      if (streams.has(type)) return void stream.destroy();
      streams.set(type, stream);
      onStream();
    },
  });
  // Never rejects.
  void connection.run();
  const hasSize = options.tty && ['v4.channel.k8s.io', 'v3.channel.k8s.io'].includes(protocol);
  const wanted = [
    'error',
    ...(['stdin', 'stdout', 'stderr'] as const).filter((name) => options[name]),
    ...(hasSize ? ['resize'] : []),
  ];
  await new Promise<void>((resolve, reject) => {
    const late = clock.after(openMs, () => fail(new Error('the client did not open its streams in time')));
    const fail = (error: Error): void => {
      late[Symbol.dispose]();
      connection.close();
      reject(error);
    };
    const onClose = (): void => fail(new Error('the client left'));
    connection.closed.addEventListener('abort', onClose, { once: true });
    onStream = () => {
      if (!wanted.every((name) => streams.has(name))) return;
      late[Symbol.dispose]();
      connection.closed.removeEventListener('abort', onClose);
      resolve();
    };
  });
  // What clients send on streams that are not theirs to send on goes nowhere.
  for (const name of ['error', 'stdout', 'stderr']) streams.get(name)?.resume();
  return {
    stdin: streams.get('stdin') as Readable | undefined,
    stdout: streams.get('stdout'),
    stderr: streams.get('stderr'),
    resize: streams.get('resize'),
    closed: connection.closed,
    finish: (status) =>
      finish(connection, streams, protocol.startsWith('v4.') ? JSON.stringify(status) : textOf(status)),
  };
}

/** Before version 4 the error stream carries a text, or nothing where all went well. */
function textOf({ status, message = '' }: SessionStatus): string {
  return status === 'Success' ? '' : message;
}

async function finish(
  connection: SpdyConnection,
  streams: ReadonlyMap<string, SpdyStream>,
  text: string,
): Promise<void> {
  const ended = [...streams.values()].map((stream) => {
    stream.end(stream.headers.get('streamtype') === 'error' ? text : '');
    // A client that left hears nothing.
    return finished(stream, { readable: false }).catch(() => undefined);
  });
  await Promise.all(ended);
  connection.close();
}
