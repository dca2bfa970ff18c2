import { describe, expect, it } from 'vitest';
import type { BodySink, RequestBody } from '../http/downstream.ts';
import { HeaderList } from '../http/header-block.ts';
import { RequestWriter, headOf } from './request-writer.ts';

/** A request whose body is given by hand, and what was written of it. */
function open(takes: (writes: number) => boolean = () => true): {
  sink: BodySink;
  writes: string[];
  writer: RequestWriter;
} {
  const writes: string[] = [];
  const write = (text: string): boolean => takes(writes.push(text));
  const body: RequestBody = {
    length: undefined,
    received: 0,
    begun: false,
    complete: false,
    flow: () => {},
    hold: () => {},
    resume: () => {},
    discard: () => {},
  };
  const headers = new HeaderList(['Host', 'a']);
  const rest = { contentLength: undefined, expectsContinue: false, written: {} };
  const request = { method: 'POST', path: '/', headers, body, ...rest };
  const channel = {
    write,
    writeBytes: (before: string, bytes: Buffer, after: string) => write(before + String(bytes) + after),
  };
  const writer = new RequestWriter(channel, headOf(request), request, () => {});
  writer.begin();
  return { sink: writer, writes, writer };
}

describe('RequestWriter', () => {
  it('puts the pieces of one turn together, however small they are', async () => {
    const { sink, writes } = open();
    const taken = Array.from({ length: 3000 }, () => sink.chunk(Buffer.from('a')));
    expect(taken).not.toContain(false);
    await Promise.resolve();
    sink.ended([]);
    expect(writes.join('')).toBe(
      `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\na\r\n'.repeat(3000)}0\r\n\r\n`,
    );
    expect(writes.length).toBeLessThan(4);
  });

  it('asks for no more while the instance does not keep up', async () => {
    const { sink, writes, writer } = open((writes) => writes < 2);
    expect(sink.chunk(Buffer.from('a'))).toBe(true);
    await new Promise((resolve) => process.nextTick(resolve));
    expect(writes).toHaveLength(2);
    expect(sink.chunk(Buffer.from('b'))).toBe(false);
    writer.drained();
    expect(sink.chunk(Buffer.from('c'))).toBe(true);
  });
});
