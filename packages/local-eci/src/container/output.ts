import type { Readable } from 'node:stream';

interface Writer {
  /** What it returns is waited for. */
  write(chunk: Buffer): void | Promise<void>;
}

const headerBytes = 8;

/**
 * Takes a stream in which the engine mixed standard output and error apart: frames of a kind (1 and 2), three zeros, the
 * length, and so many bytes. Resolves at the end of the stream, and also if it breaks off.
 */
export async function demultiplex(
  stream: Readable,
  { out, err }: { readonly out: Writer; readonly err: Writer },
): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of stream) {
      rest = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
      while (rest.length >= headerBytes) {
        const end = headerBytes + rest.readUInt32BE(4);
        if (rest.length < end) break;
        await (rest[0] === 2 ? err : out).write(rest.subarray(headerBytes, end));
        rest = rest.subarray(end);
      }
    }
  } catch {
    // The container is gone, and its end is told elsewhere.
  }
}

/** Takes the output of a terminal, which is one stream. Resolves as `demultiplex` does. */
export async function copy(stream: Readable, out: Writer): Promise<void> {
  try {
    for await (const chunk of stream) await out.write(chunk as Buffer);
  } catch {
    // As above.
  }
}
