import { Channels, channel, channelProtocols } from '@ebb/base/channels';
import { finished } from 'node:stream/promises';
import { type Upgrade, acceptWebSocket } from '../upgrade.ts';
import type { ClientStreams, StreamOptions } from './client-streams.ts';

/** Takes up a client that asks for a remote command over a WebSocket. Rejects with `HttpError`, or if it left. */
export async function openWebSocketClient(upgrade: Upgrade, options: StreamOptions): Promise<ClientStreams> {
  const channels = new Channels(await acceptWebSocket(upgrade, { protocols: channelProtocols }), 'server');
  const stdin = options.stdin ? channels.readable(channel.stdin) : undefined;
  const stdout = options.stdout ? channels.writable(channel.stdout) : undefined;
  const stderr = options.stderr ? channels.writable(channel.stderr) : undefined;
  const resize = options.tty ? channels.readable(channel.resize) : undefined;
  // An empty message on the first channel it reads says that all is set.
  const first = stdout ? channel.stdout : stderr ? channel.stderr : channel.error;
  await channels.send(first, Buffer.alloc(0));
  return {
    stdin,
    stdout,
    stderr,
    resize,
    closed: channels.closed,
    finish: async (status) => {
      try {
        for (const stream of [stdout, stderr]) if (stream) await finished(stream.end());
        await channels.send(channel.error, Buffer.from(JSON.stringify(status)));
      } catch {
        // The client left.
      }
      channels.close();
    },
  };
}
