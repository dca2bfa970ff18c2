import { describe, expect, it } from 'vitest';
import { logContent, logTime, parseLogTime } from './log.ts';

const startNs = 1_700_000_000_000_000_000n;
const lines = ['a', 'b', 'c', 'd'].map((text, index) => ({ atNs: startNs + BigInt(index), text: Buffer.from(text) }));
const all = { timestamps: false, limitBytes: 1000 };

describe('log content', () => {
  it.each([
    ['all', {}, 'a\nb\nc\nd\n'],
    ['the last two', { tail: 2 }, 'c\nd\n'],
    ['none', { tail: 0 }, ''],
    ['those since a time, that one included', { sinceNs: startNs + 2n }, 'c\nd\n'],
    ['whole lines within the limit, from the beginning', { limitBytes: 5 }, 'a\nb\n'],
    ['a part of a first line over the limit', { limitBytes: 1 }, 'a'],
  ])('is %s', (_what, selection, content) => {
    expect(logContent(lines, { ...all, ...selection })).toBe(content);
  });

  it('begins lines with a time that can be read back', () => {
    const [line] = logContent(lines, { ...all, tail: 1, timestamps: true }).split('\n');
    expect(line).toBe('2023-11-14T22:13:20.000000003Z d');
    expect(parseLogTime('2023-11-14T22:13:20.000000003Z')).toBe(startNs + 3n);
  });

  it.each(['', 'yesterday', '2023-11-14', '2023-11-14T22:13:20', '2023-99-14T22:13:20Z'])(
    'takes no time from %j',
    (text) => {
      expect(parseLogTime(text)).toBeUndefined();
    },
  );

  it('reads times of other zones', () => {
    expect(logTime(parseLogTime('2023-11-14T23:13:20.5+01:00') ?? 0n)).toBe('2023-11-14T22:13:20.500000000Z');
  });
});
