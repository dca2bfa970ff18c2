import type { Clock } from '@ebb/base';
import type { Eci } from '../eci/eci.ts';
import type { LogOptions } from './log-options.ts';

interface LogSource {
  readonly eci: Pick<Eci, 'log'>;
  readonly groupId: string;
  readonly container: string;
  readonly clock: Clock;
  /** False once the container will print no more. */
  readonly isRunning: () => boolean;
}

/** ECI gives at most so many lines a call. */
const maxTail = 2000;
const pollMs = 300;

/**
 * A container's log as text, in pieces. ECI has no way to follow a log, so it is asked again and again for what came since
 * the last line seen; lines are told apart by their times.
 */
export async function* streamLog(source: LogSource, options: LogOptions, signal: AbortSignal): AsyncGenerator<string> {
  const { eci, groupId, container, clock, isRunning } = source;
  const { follow, previous, tailLines, sinceSeconds, sinceTime } = options;
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
  const from =
    sinceTime ?? (sinceSeconds === undefined ? undefined : new Date(clock.now() - sinceSeconds * 1000).toISOString());
  let last = '';
  if (tailLines !== 0) {
    const tail = Math.min(tailLines ?? maxTail, maxTail);
    const lines = linesOf(await eci.log({ groupId, container, previous, tail, startTime: from }));
    last = lines.at(-1)?.time ?? '';
    for (const piece of render(lines, options)) {
      if (left <= 0) return;
      yield cut(piece, left);
      left -= Buffer.byteLength(piece);
    }
  } else last = new Date(clock.now()).toISOString();
  while (follow && !previous && left > 0) {
    // Asked before the last look, so that what was printed just before the end is not missed.
    const over = !isRunning();
    await clock.sleep(pollMs, { signal });
    const lines = linesOf(await eci.log({ groupId, container, tail: maxTail, startTime: last || from })).filter(
      ({ time }) => time > last,
    );
    last = lines.at(-1)?.time ?? last;
    for (const piece of render(lines, options)) {
      yield cut(piece, left);
      left -= Buffer.byteLength(piece);
      if (left <= 0) return;
    }
    if (over) return;
  }
}

interface Line {
  readonly time: string;
  readonly text: string;
}

function linesOf(content: string): Line[] {
  if (content === '') return [];
  return content
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => {
      const space = line.indexOf(' ');
      return space < 0 ? { time: line, text: '' } : { time: line.slice(0, space), text: line.slice(space + 1) };
    });
}

function render(lines: readonly Line[], { timestamps }: LogOptions): string[] {
  if (lines.length === 0) return [];
  return [lines.map(({ time, text }) => `${timestamps ? `${time} ` : ''}${text}\n`).join('')];
}

function cut(text: string, bytes: number): string {
  return Buffer.byteLength(text) <= bytes ? text : Buffer.from(text).subarray(0, bytes).toString('utf8');
}
