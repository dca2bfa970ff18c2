import type { LogLine } from '../runtime.ts';

export interface LogSelection {
  /** Only the last so many lines. */
  readonly tail?: number | undefined;
  /** Only lines at or after this time. */
  readonly sinceNs?: bigint | undefined;
  readonly timestamps: boolean;
  /** The answer is cut after so many bytes, whole lines only (save for a first line that is longer). */
  readonly limitBytes: number;
}

/** The `Content` of `DescribeContainerLog`. Bytes that are not UTF-8 become U+FFFD. */
export function logContent(lines: readonly LogLine[], { tail, sinceNs, timestamps, limitBytes }: LogSelection): string {
  const recent = sinceNs === undefined ? lines : lines.slice(firstAt(lines, sinceNs));
  const chosen = tail === undefined ? recent : recent.slice(Math.max(0, recent.length - tail));
  const parts: Buffer[] = [];
  let size = 0;
  for (const line of chosen) {
    const text = timestamps ? Buffer.concat([Buffer.from(`${logTime(line.atNs)} `), line.text]) : line.text;
    size += text.length + 1;
    if (size > limitBytes && parts.length > 0) break;
    parts.push(text, newline);
  }
  return Buffer.concat(parts).subarray(0, limitBytes).toString('utf8');
}

const newline = Buffer.from('\n');

/** RFC 3339 with nanoseconds. */
export function logTime(atNs: bigint): string {
  const seconds = new Date(Number(atNs / 1_000_000n)).toISOString().slice(0, 19);
  return `${seconds}.${(atNs % 1_000_000_000n).toString().padStart(9, '0')}Z`;
}

/** Reads RFC 3339 with up to nine decimals as nanoseconds; undefined if it is something else. */
export function parseLogTime(text: string): bigint | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text);
  const seconds = match ? Date.parse(`${match[1]}${match[3]}`) : Number.NaN;
  if (Number.isNaN(seconds)) return undefined;
  return BigInt(seconds) * 1_000_000n + BigInt((match?.[2] ?? '').padEnd(9, '0'));
}

function firstAt(lines: readonly LogLine[], atNs: bigint): number {
  let low = 0;
  let high = lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lines[middle]?.atNs ?? 0n) < atNs) low = middle + 1;
    else high = middle;
  }
  return low;
}
