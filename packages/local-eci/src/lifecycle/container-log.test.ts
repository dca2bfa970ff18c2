import { FakeClock } from '@ebb/base/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ContainerLog } from './container-log.ts';

const texts = (log: ContainerLog): string[] => log.lines.map(({ text }) => text.toString('latin1'));

describe('a container log', () => {
  it('cuts the same lines however the bytes come', () => {
    const line = fc.string().map((text) => Buffer.from(text.replaceAll(/[\r\n]/g, ' ')));
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat(50)), (lines, cuts) => {
        const log = new ContainerLog(new FakeClock());
        const writer = log.writer();
        let rest = Buffer.concat(lines.flatMap((each) => [each, Buffer.from('\n')]));
        for (const cut of cuts) {
          writer.write(rest.subarray(0, cut));
          rest = rest.subarray(cut);
        }
        writer.write(rest);
        expect(log.lines.map(({ text }) => text.toString('hex'))).toEqual(lines.map((each) => each.toString('hex')));
      }),
    );
  });

  it('takes in an unfinished line at the end, and cuts one that never ends', () => {
    const log = new ContainerLog(new FakeClock());
    const writer = log.writer();
    writer.write(Buffer.from('half'));
    expect(texts(log)).toEqual([]);
    writer.end();
    writer.write(Buffer.alloc(40_000, 'x'));
    writer.end();
    expect(texts(log).map((text) => text.length)).toEqual([4, 16_384, 16_384, 7232]);
  });

  it('keeps the newest lines within its bound', () => {
    const log = new ContainerLog(new FakeClock(), 10_000);
    const writer = log.writer();
    for (let line = 0; line < 5000; line += 1) writer.write(Buffer.from(`${line}\n`));
    expect(texts(log).at(-1)).toBe('4999');
    expect(log.lines.length).toBeLessThan(160);
    expect(log.lines.length).toBeGreaterThan(100);
  });

  it('gives each line a later time than the one before', () => {
    const log = new ContainerLog(new FakeClock());
    log.writer().write(Buffer.from('a\nb\nc\n'));
    const times = log.lines.map(({ atNs }) => atNs);
    expect(new Set(times).size).toBe(3);
    expect(times.toSorted((a, b) => Number(a - b))).toEqual(times);
  });

  it('shows its end within both bounds', () => {
    const log = new ContainerLog(new FakeClock());
    log.writer().write(Buffer.from('one\ntwo\nthree\n'));
    expect(log.tail(2, 100)).toBe('two\nthree\n');
    expect(log.tail(80, 6)).toBe('three\n');
  });
});
