import { type ConnectOpts, Socket, type SocketConstructorOpts } from 'node:net';
import type { Address } from '@ebb/activator';
import { connectTimeoutMs } from './call.ts';

type Written = (error?: Error | null) => void;

/**
 * A connection to an instance. One that breaks while it is written to is still read to its end: an instance that answers before it has read
 * everything and then closes resets the connection, and Node would throw its answer away with the bytes that could not be sent. That the
 * connection is over, reading tells as well.
 */
class InstanceSocket extends Socket {
  override _write(chunk: unknown, encoding: BufferEncoding, written: Written): void {
    super._write(chunk, encoding, () => written());
  }

  override _writev(chunks: { chunk: unknown; encoding: BufferEncoding }[], written: Written): void {
    super._writev?.(chunks, () => written());
  }
}

/** Begins a connection to an instance. If it has not come about within `connectTimeoutMs`, it is destroyed with an error. */
export function connectTo({ host, port }: Address, options: SocketConstructorOpts & ConnectOpts = {}): Socket {
  const socket = new InstanceSocket(options);
  socket.setTimeout(connectTimeoutMs, () => socket.destroy(new Error('no connection in time')));
  socket.once('connect', () => socket.setTimeout(0));
  socket.setNoDelay(); // an option of this name is for those who let Node make the socket
  return socket.connect({ host, port });
}
