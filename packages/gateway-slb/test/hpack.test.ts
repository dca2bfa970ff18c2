import { once } from 'node:events';
import { type ServerHttp2Stream, connect, createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, type Server, createServer } from 'node:net';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HpackDecoder } from '../src/hpack/hpack-decoder.ts';
import { HpackEncoder } from '../src/hpack/hpack-encoder.ts';
import { expectSoon } from './harness.ts';
import { flags, frame, openRawHttp2Client, preface, readFrames, types } from './raw-http2-client.ts';

const pseudoHeaders = [':method', 'GET', ':scheme', 'http', ':authority', 'a.example.com', ':path', '/'];

/** Requests whose headers are the same now and then, and sometimes too many for a table. */
const requests: readonly (readonly string[])[] = (() => {
  const name = fc.constantFrom('accept', 'user-agent', 'authorization', 'cookie', 'etag', 'x-a', 'x-another');
  const text = fc
    .string({ unit: fc.constantFrom(...Array.from('aeZ09 /;,="%~{')), maxLength: 400 })
    .map((value) => value.trim());
  const value = fc.oneof(fc.constantFrom('', '*/*', 'gzip, deflate'), text);
  const fields = fc.uniqueArray(fc.tuple(name, value), { maxLength: 7, selector: ([key]) => key });
  return fc.sample(fields, { numRuns: 100, seed: 7 }).map((list) => [...pseudoHeaders, ...list.flat()]);
})();

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

it('reads what nghttp2 writes', async () => {
  const decoder = new HpackDecoder();
  const read: (readonly string[] | undefined)[] = [];
  const server = createServer((socket) => {
    const take = readFrames(({ type, payload }) => {
      if (type === types.headers) read.push(decoder.decode(payload, 65_536));
    });
    let toSkip = preface.length;
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      take(bytes.subarray(toSkip));
      toSkip = Math.max(0, toSkip - bytes.length);
    });
    socket.write(frame('settings', 0));
  });
  const session = connect(`http://127.0.0.1:${await portOf(server)}`);
  for (const list of requests) {
    const fields = list.flatMap((name, i) => (i % 2 === 0 ? [[name, list[i + 1]] as const] : []));
    session.request(Object.fromEntries(fields)).on('error', () => {});
  }
  await expectSoon(() => read.length === requests.length);
  session.destroy();
  server.close();
  expect(read).toEqual(requests);
});

it('is read by nghttp2', async () => {
  const read: string[][] = [];
  const server = createHttp2Server();
  server.on('stream', (stream: ServerHttp2Stream, _headers: unknown, _flags: unknown, raw: string[]) => {
    read.push(raw);
    stream.respond({ ':status': 200 }, { endStream: true });
  });
  await using client = await openRawHttp2Client({ port: await portOf(server) });
  const encoder = new HpackEncoder();
  for (const [index, list] of requests.entries()) {
    // As if the other side had just said so, and then thought better of it.
    if (index === 50) for (const bytes of [200, 4096]) encoder.setTableSize(bytes);
    client.send(
      frame('headers', 2 * index + 1, { flags: flags.endHeaders | flags.endStream, payload: encoder.encode(list) }),
    );
  }
  await expectSoon(() => read.length === requests.length);
  server.close();
  expect(read).toEqual(requests);
});
