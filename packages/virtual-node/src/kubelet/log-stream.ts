import type { Clock } from '@ebb/base';
import type { Eci, GroupContainer } from '../eci/eci.ts';
import { isGroupGone } from '../eci/error.ts';
import type { LogOptions } from './log-options.ts';

interface LogSource {
  readonly eci: Pick<Eci, 'log' | 'describe'>;
  readonly groupId: string;
  readonly container: string;
  readonly clock: Clock;
}

/** ECI gives at most so many lines a call when the last ones are asked for. */
const maxTail = 2000;
const pollMs = 300;
/** A group that ends takes its log with it: its last words are worth a hurry. */
const endingPollMs = 30;

/** Before any line. */
const beginning = '1970-01-01T00:00:00.000000000Z';

/**
 * A container's log as text, in pieces. ECI has no way to follow a log, so it is asked again and again for what came since
 * the last line seen; lines are told apart by their times. As with a kubelet, following ends when the container does.
 */
export async function* streamLog(source: LogSource, options: LogOptions, signal: AbortSignal): AsyncGenerator<string> {
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
  for await (const lines of pieces(source, options, signal)) {
    const text = render(lines, options);
    if (text === '') continue;
    yield cut(text, left);
    left -= Buffer.byteLength(text);
    if (left <= 0) return;
  }
}

async function* pieces(source: LogSource, options: LogOptions, signal: AbortSignal): AsyncGenerator<readonly Line[]> {
  const { clock } = source;
  const { follow, previous, tailLines, sinceSeconds, sinceTime } = options;
  const since = sinceSeconds === undefined ? sinceTime : new Date(clock.now() - sinceSeconds * 1000).toISOString();
  const run = follow && !previous ? await runOf(source) : undefined;
  const reader = new LogReader(source, { previous });
  yield* tailLines === undefined ? reader.readFrom(since ?? beginning) : reader.readTail(tailLines, since);
  if (run) yield* followRun({ source, reader, run }, signal);
}

interface Following {
  readonly source: LogSource;
  readonly reader: LogReader;
  readonly run: Run;
}

/** What a run prints from the reader's place on, until it ends. */
async function* followRun({ source, reader, run }: Following, signal: AbortSignal): AsyncGenerator<readonly Line[]> {
  for (let state = run; state.isRunning;) {
    await source.clock.sleep(state.isEnding ? endingPollMs : pollMs, { signal });
    const { cursor } = reader;
    const read = await collect(reader.readFrom(cursor || beginning));
    // Asked after the read: as long as the run is still the same, so were the lines.
    state = await runOf(source);
    if (state.restarts === run.restarts) {
      yield read;
      continue;
    }
    const rest = new LogReader(source, { previous: true }, cursor);
    yield await collect(rest.readFrom(cursor || beginning));
    return;
  }
}

/** Reads a log forward, remembering the time of the last line read. */
class LogReader {
  cursor: string;
  readonly #source: LogSource;
  readonly #previous: boolean;

  constructor(source: LogSource, { previous }: { readonly previous: boolean }, cursor = '') {
    this.cursor = cursor;
    this.#source = source;
    this.#previous = previous;
  }

  /** The last lines; if they are more than ECI gives at once, all are read for them. */
  async *readTail(lines: number, since: string | undefined): AsyncGenerator<readonly Line[]> {
    if (lines > maxTail) {
      let last: readonly Line[] = [];
      for await (const read of this.readFrom(since ?? beginning)) last = [...last, ...read].slice(-lines);
      yield last;
      return;
    }
    // With none wanted, one is asked for: what comes after it is to be followed.
    const found = await this.#ask({ tail: Math.max(lines, 1) });
    this.cursor = found.at(-1)?.time ?? this.cursor;
    const sinceMs = since === undefined ? Number.NEGATIVE_INFINITY : Date.parse(since);
    yield lines === 0 ? [] : found.filter(({ time }) => Date.parse(time) >= sinceMs);
  }

  /** All lines from that time on and after the last one read. An answer holds only so many, so it asks until there is none. */
  async *readFrom(time: string): AsyncGenerator<readonly Line[]> {
    for (let startTime = time; ; startTime = this.cursor) {
      const found = await this.#ask({ startTime });
      const lines = found.filter((line) => line.time > this.cursor);
      if (lines.length === 0) return;
      this.cursor = lines.at(-1)?.time ?? this.cursor;
      yield lines;
    }
  }

  /** The lines of a group that is gone are gone too. */
  async #ask(range: { readonly tail?: number; readonly startTime?: string }): Promise<Line[]> {
    const { eci, groupId, container } = this.#source;
    try {
      return linesOf(await eci.log({ groupId, container, previous: this.#previous, ...range }));
    } catch (error) {
      if (isGroupGone(error)) return [];
      throw error;
    }
  }
}

/** Which run of a container there is, and whether it goes on. */
interface Run {
  readonly restarts: number;
  readonly isRunning: boolean;
  /** Being deleted: its log goes with it. */
  readonly isEnding: boolean;
}

async function runOf({ eci, groupId, container }: LogSource): Promise<Run> {
  const [group] = await eci.describe([groupId]);
  const all = [...(group?.containers ?? []), ...((group?.initContainers ?? []) as GroupContainer[])];
  const found = all.find(({ name }) => name === container);
  return {
    restarts: found?.restartCount ?? 0,
    isRunning: found?.currentState?.state === 'Running',
    isEnding: group?.status === 'Terminating',
  };
}

async function collect(pages: AsyncIterable<readonly Line[]>): Promise<readonly Line[]> {
  const lines: Line[] = [];
  for await (const page of pages) lines.push(...page);
  return lines;
}

interface Line {
  readonly time: string;
  readonly text: string;
}

/** Lines as ECI gives them, each with its time before it. A last one without an end was cut, and is asked for again. */
function linesOf(content: string): Line[] {
  return content
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const space = line.indexOf(' ');
      return space < 0 ? { time: line, text: '' } : { time: line.slice(0, space), text: line.slice(space + 1) };
    });
}

function render(lines: readonly Line[], { timestamps }: LogOptions): string {
  return lines.map(({ time, text }) => `${timestamps ? `${time} ` : ''}${text}\n`).join('');
}

function cut(text: string, bytes: number): string {
  return Buffer.byteLength(text) <= bytes ? text : Buffer.from(text).subarray(0, bytes).toString('utf8');
}
