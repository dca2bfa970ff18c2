import { PassThrough } from 'node:stream';
import { type Clock, type Logger, messageOf } from '@ebb/base';
import {
  Channels,
  type SessionStatus,
  channel,
  exitStatus,
  failureStatus,
  maxChannelMessage,
  parseStatus,
} from '@ebb/base/channels';
import { text } from 'node:stream/consumers';
import { WebSocket } from 'ws';
import type { Eci } from '../eci/eci.ts';
import { streamLog } from './log-stream.ts';
import { type NodePods, runningGroup } from './pod-lookup.ts';
import { type ClientStreams, type Session, type StreamOptions, relay } from './remote/client-streams.ts';
import { parseStreamOptions } from './remote/options.ts';
import { openSpdyClient } from './remote/spdy-client.ts';
import { openWebSocketClient } from './remote/websocket-client.ts';
import { type Upgrade, upgradeKind } from './upgrade.ts';

export interface SessionOptions extends NodePods {
  readonly eci: Pick<Eci, 'exec' | 'attach' | 'log' | 'describe'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A call of `/exec` or `/attach`. */
export interface SessionCall {
  readonly action: 'exec' | 'attach';
  readonly namespace: string;
  readonly name: string;
  readonly container: string;
  readonly query: URLSearchParams;
}

const connectMs = 10_000;
/** Best first. */
const protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];

/**
 * Serves a remote command: takes the client up in the protocol it speaks, lets ECI run the command, and carries bytes. Rejects with
 * `HttpError` as long as nothing was answered; what fails later is told on the error stream.
 */
export async function serveSession(upgrade: Upgrade, call: SessionCall, options: SessionOptions): Promise<void> {
  const streams = parseStreamOptions(call.query);
  const kind = upgradeKind(upgrade.request);
  const { groupId } = runningGroup(options, call);
  const client =
    kind === 'spdy'
      ? await openSpdyClient(upgrade, streams, options.clock)
      : await openWebSocketClient(upgrade, streams);
  let status: SessionStatus;
  try {
    const session = await open(call, { groupId, streams, client }, options);
    status = await relay(client, session);
  } catch (error) {
    const doing = call.action === 'exec' ? 'executing command in' : 'attaching to';
    status = failureStatus(`Internal error occurred: error ${doing} container: ${messageOf(error)}`);
  }
  if (status.reason === 'InternalError')
    options.logger.info({ pod: call.name, error: status.message }, 'a session failed');
  await client.finish(status);
}

interface Opening {
  readonly groupId: string;
  readonly streams: StreamOptions;
  readonly client: ClientStreams;
}

async function open(
  { action, container, query }: SessionCall,
  { groupId, streams, client }: Opening,
  options: SessionOptions,
): Promise<Session> {
  const { eci } = options;
  const asked = { groupId, container, stdin: streams.stdin };
  if (action === 'exec') {
    const uri = await eci.exec({ ...asked, command: query.getAll('command'), tty: streams.tty });
    return join(uri, streams);
  }
  const uri = await eci.attach(asked);
  if (uri !== undefined) return join(uri, streams);
  if (streams.stdin) {
    throw new Error("ECI has no way to reach a container's standard input: attach without it (no -i), or use exec");
  }
  return followOutput({ groupId, container, client }, options);
}

/** Joins the session at an address that ECI gave. */
async function join(uri: string, { stdin, stderr, tty }: StreamOptions): Promise<Session> {
  const socket = new WebSocket(uri, protocols, { handshakeTimeout: connectMs, maxPayload: maxChannelMessage });
  // What comes right behind the handshake is not to be missed.
  const channels = new Channels(socket, 'client');
  const ended = text(channels.readable(channel.error)).then(parseStatus, (error: unknown) =>
    failureStatus(messageOf(error)),
  );
  const session = {
    stdin: stdin ? channels.writable(channel.stdin) : undefined,
    stdout: channels.readable(channel.stdout),
    stderr: stderr ? channels.readable(channel.stderr) : undefined,
    resize: tty ? channels.writable(channel.resize) : undefined,
    ended,
    close: () => channels.close(),
  };
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return session;
}

/** What a container prints from now on, by its log: the most that can be had where ECI attaches nobody. */
function followOutput(
  { groupId, container, client }: Pick<Opening, 'groupId' | 'client'> & { readonly container: string },
  { eci, clock }: SessionOptions,
): Session {
  const stdout = new PassThrough();
  const left = new AbortController();
  const follow = async (): Promise<SessionStatus> => {
    const logOptions = { follow: true, previous: false, timestamps: false, tailLines: 0 };
    try {
      for await (const lines of streamLog({ eci, groupId, container, clock }, logOptions, left.signal))
        stdout.write(lines);
      return exitStatus(0);
    } catch (error) {
      return failureStatus(messageOf(error));
    } finally {
      stdout.end();
    }
  };
  client.closed.addEventListener('abort', () => left.abort(client.closed.reason), { once: true });
  return {
    stdin: undefined,
    stdout,
    stderr: undefined,
    resize: undefined,
    ended: follow(),
    close: () => left.abort(new DOMException('the session is over', 'AbortError')),
  };
}
