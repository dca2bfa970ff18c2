import { type Deflate, type Inflate, constants, createDeflate, createInflate } from 'node:zlib';
import { headerDictionary } from './dictionary.ts';
import { SpdyError } from './frames.ts';

/** Names are in lower case; of a name with several values only the first is kept. */
export type SpdyHeaders = ReadonlyMap<string, string>;

/** Uncompressed, a block may not be longer: a few bytes of a hostile one would fill the memory. */
const maxBlockBytes = 64 * 1024;

/** Reads the header blocks of one direction of a connection, which are one compressed stream: in order, each once. */
export class HeaderReader implements Disposable {
  readonly #inflate: Inflate = createInflate({ dictionary: headerDictionary });
  #failure: Error | undefined;
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor() {
    this.#inflate.on('error', (error) => (this.#failure ??= error));
    this.#inflate.on('data', (chunk: Buffer) => {
      this.#bytes += chunk.length;
      if (this.#bytes <= maxBlockBytes) this.#chunks.push(chunk);
      else this.#inflate.destroy(new SpdyError(`headers of more than ${maxBlockBytes} bytes`));
    });
  }

  /** Rejects with `SpdyError`; after that the connection is of no use. */
  async read(block: Buffer): Promise<SpdyHeaders> {
    this.#chunks = [];
    this.#bytes = 0;
    await new Promise<void>((resolve) => {
      if (this.#inflate.destroyed) return resolve();
      this.#inflate.once('close', resolve);
      this.#inflate.write(block);
      this.#inflate.flush(constants.Z_SYNC_FLUSH, () => {
        this.#inflate.off('close', resolve);
        // What was read last may still be on its way to 'data'.
        setImmediate(resolve);
      });
    });
    if (this.#inflate.destroyed || this.#failure) {
      throw new SpdyError('headers that cannot be uncompressed, or are too long', { cause: this.#failure });
    }
    return parseHeaders(Buffer.concat(this.#chunks));
  }

  [Symbol.dispose](): void {
    this.#inflate.destroy();
  }
}

/** Pairs of a name and a value, each with its length before it; values of one name have zeros between them. */
function parseHeaders(data: Buffer): SpdyHeaders {
  const headers = new Map<string, string>();
  let at = 0;
  const number = (): number => {
    if (at + 4 > data.length) throw new SpdyError('headers that break off');
    at += 4;
    return data.readUInt32BE(at - 4);
  };
  const text = (): string => {
    const length = number();
    if (length > data.length - at) throw new SpdyError('headers that break off');
    at += length;
    return data.toString('latin1', at - length, at);
  };
  for (let left = number(); left > 0; left -= 1) {
    const name = text().toLowerCase();
    headers.set(name, text().split('\0', 1)[0] ?? '');
  }
  return headers;
}

/** Writes the header blocks of one direction of a connection, in order. */
export class HeaderWriter implements Disposable {
  readonly #deflate: Deflate = createDeflate({ dictionary: headerDictionary });
  #chunks: Buffer[] = [];

  constructor() {
    this.#deflate.on('data', (chunk: Buffer) => this.#chunks.push(chunk));
  }

  /** Rejects once the writer is disposed of. */
  async write(headers: SpdyHeaders): Promise<Buffer> {
    this.#chunks = [];
    await new Promise<void>((resolve, reject) => {
      const fail = (): void => reject(new SpdyError('the connection is closed'));
      if (this.#deflate.destroyed) return fail();
      this.#deflate.once('close', fail);
      this.#deflate.write(headerBytes(headers));
      this.#deflate.flush(constants.Z_SYNC_FLUSH, () => {
        this.#deflate.off('close', fail);
        setImmediate(resolve);
      });
    });
    return Buffer.concat(this.#chunks);
  }

  [Symbol.dispose](): void {
    this.#deflate.destroy();
  }
}

function headerBytes(headers: SpdyHeaders): Buffer {
  const number = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const text = (value: string): Buffer[] => [number(Buffer.byteLength(value, 'latin1')), Buffer.from(value, 'latin1')];
  return Buffer.concat([
    number(headers.size),
    ...[...headers].flatMap(([name, value]) => [...text(name), ...text(value)]),
  ]);
}
