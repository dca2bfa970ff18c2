import { StatusError } from '@ebb/api';

/** Longest line of a watch taken, in bytes: several times the largest object that an API server stores. */
const maxLineBytes = 16 * 1024 * 1024;

const newline = 0x0a;

/**
 * Cuts a stream of bytes at newlines and decodes each line as UTF-8, wherever the chunks happen to end. Empty lines are
 * left out; a last line without newline is given too. Throws `StatusError` on a line over `limitBytes` or one that is not UTF-8.
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  limitBytes: number = maxLineBytes,
): AsyncGenerator<string, void, undefined> {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  const take = (part: Uint8Array): void => {
    pendingBytes += part.length;
    if (pendingBytes > limitBytes) throw new StatusError('InternalError', `a line is longer than ${limitBytes} bytes`);
    pending.push(part);
  };
  const finish = (): string => {
    const line = decodeLine(Buffer.concat(pending, pendingBytes));
    pending = [];
    pendingBytes = 0;
    return line;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      take(chunk.subarray(start, end));
      start = end + 1;
      const line = finish();
      if (line !== '') yield line;
    }
    if (start < chunk.length) take(chunk.subarray(start));
  }
  const rest = finish();
  if (rest !== '') yield rest;
}

function decodeLine(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).trim();
  } catch (cause) {
    throw new StatusError('InternalError', 'a line is not valid UTF-8', { cause });
  }
}
