import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Clock, type Logger, UserError, messageOf } from '@ebb/base';
import type { Usage } from './bill.ts';

/** Where usage is written down, so that it outlives the process. */
export interface UsageBook extends Disposable {
  /** What was written down before, all of it ended; oldest first. */
  readonly earlier: readonly Usage[];
  /** Writes down that usage began or ended; what is known already is not written again. */
  note(usage: Usage): void;
}

interface BookOptions {
  /** Made if it is not there. */
  readonly dataDir: string;
  /** Of so many instances that are gone the usage is kept. */
  readonly max: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A line of the file: a beginning, or an end. */
type Entry = { readonly began: Usage } | { readonly ended: string; readonly atMs: number };

/** While anything runs the file's time says so; what runs when this process is killed ended by then. */
const aliveEveryMs = 1000;

/**
 * Opens the book in `usage.jsonl`. Usage that never ended there did when its process was last alive: instances do not outlive it.
 * Throws `UserError` if the folder cannot be written.
 */
export function openUsageBook({ dataDir, max, clock, logger }: BookOptions): UsageBook {
  const path = join(dataDir, 'usage.jsonl');
  try {
    mkdirSync(dataDir, { recursive: true });
    const earlier = readBook(path, logger).slice(-max);
    writeFileSync(`${path}.new`, earlier.map((usage) => line({ began: usage })).join(''));
    renameSync(`${path}.new`, path);
    return new FileBook({ path, fd: openSync(path, 'a'), earlier, clock, logger });
  } catch (cause) {
    throw new UserError(`the bill cannot be kept in ${path}: ${messageOf(cause)}`, { cause });
  }
}

class FileBook implements UsageBook {
  readonly earlier: readonly Usage[];
  readonly #path: string;
  readonly #fd: number;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #open = new Set<string>();
  readonly #alive: Disposable;
  #lines = '';
  #flushing = false;

  constructor(options: {
    readonly path: string;
    readonly fd: number;
    readonly earlier: readonly Usage[];
    readonly clock: Clock;
    readonly logger: Logger;
  }) {
    this.earlier = options.earlier;
    this.#path = options.path;
    this.#fd = options.fd;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#alive = options.clock.every(aliveEveryMs, () => this.#stamp());
  }

  note(usage: Usage): void {
    const { groupId, untilMs } = usage;
    const isOpen = this.#open.has(groupId);
    if (untilMs === undefined) {
      if (isOpen) return;
      this.#open.add(groupId);
      this.#write({ began: usage });
    } else {
      this.#open.delete(groupId);
      this.#write(isOpen ? { ended: groupId, atMs: untilMs } : { began: usage });
    }
  }

  [Symbol.dispose](): void {
    this.#alive[Symbol.dispose]();
    this.#flush();
    closeSync(this.#fd);
  }

  /** What comes at one time goes in one piece. */
  #write(entry: Entry): void {
    this.#lines += line(entry);
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    const lines = this.#lines;
    this.#lines = '';
    if (lines !== '') this.#try(() => writeSync(this.#fd, lines));
  }

  #stamp(): void {
    const now = this.#clock.now() / 1000;
    if (this.#open.size > 0) this.#try(() => utimesSync(this.#path, now, now));
  }

  #try(deed: () => void): void {
    try {
      deed();
    } catch (error) {
      this.#logger.error({ error: messageOf(error), path: this.#path }, 'the bill could not be written down');
    }
  }
}

const line = (entry: Entry): string => `${JSON.stringify(entry)}\n`;

function readBook(path: string, logger: Logger): Usage[] {
  const usages = new Map<string, Usage>();
  const [text, aliveMs] = readText(path);
  for (const each of text.split('\n')) {
    const entry = parse(each);
    if (entry && 'began' in entry) usages.set(entry.began.groupId, entry.began);
    const begun = entry && 'ended' in entry ? usages.get(entry.ended) : undefined;
    if (entry && 'ended' in entry && begun) usages.set(entry.ended, { ...begun, untilMs: entry.atMs });
    if (!entry && each !== '') logger.warn({ path, line: each.slice(0, 200) }, 'a line of the bill cannot be read');
  }
  return [...usages.values()].map((usage) => ({ ...usage, untilMs: usage.untilMs ?? Math.max(aliveMs, usage.fromMs) }));
}

function readText(path: string): [text: string, aliveMs: number] {
  try {
    return [readFileSync(path, 'utf8'), statSync(path).mtimeMs];
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ['', 0];
    throw error;
  }
}

/** The last line of a process that was killed may be half a line. */
function parse(text: string): Entry | undefined {
  try {
    return JSON.parse(text) as Entry;
  } catch {
    return undefined;
  }
}
