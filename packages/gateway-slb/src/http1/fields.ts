import { type HeaderBlock, isBlank, trimBlanks } from '../http/header-block.ts';
import { isPassableTrailer } from '../http/trailers.ts';

/** What a byte may be part of (RFC 9110, sections 5.5 and 5.6.2). */
const tokenBit = 1;
const valueBit = 2;
const targetBit = 4;

const bits = new Uint8Array(256);
for (let code = 0x20; code < 0x100; code++) if (code !== 0x7f) bits[code] = valueBit;
bits[0x09] = valueBit;
for (const char of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
  bits[char.charCodeAt(0)] = (bits[char.charCodeAt(0)] ?? 0) | tokenBit;
}
// What a target may have beside what RFC 3986 allows is what browsers send, as `|` and `"`; no fragment.
for (let code = 0x21; code < 0x7f; code++) if (code !== 0x23) bits[code] = (bits[code] ?? 0) | targetBit;

const has = (text: string, at: number, bit: number): boolean => ((bits[text.charCodeAt(at)] ?? 0) & bit) !== 0;

/** Where the token that begins at `at` ends. */
export function endOfToken(text: string, at: number): number {
  while (has(text, at, tokenBit)) at++;
  return at;
}

/** Where the request target that begins at `at` ends. */
export function endOfTarget(text: string, at: number): number {
  while (has(text, at, targetBit)) at++;
  return at;
}

/** Where the field value, or whatever else a line may hold, that begins at `at` ends. */
export function endOfValue(text: string, at: number): number {
  while (has(text, at, valueBit)) at++;
  return at;
}

/** True if a line ends at `at`. Lines end with CR LF, and nothing else. */
export function isLineEnd(text: string, at: number): boolean {
  return text.charCodeAt(at) === 0x0d && text.charCodeAt(at + 1) === 0x0a;
}

/** Looks at each header of a head, or at each trailer. */
export interface FieldVisitor {
  /** False if a name with this first letter and length is of no interest; then the header is kept. */
  wants(firstCode: number, length: number): boolean;
  /** True if the header is kept. */
  take(name: string, value: string): boolean;
}

/** Why lines are no headers: where they stop making sense, or that they end too early. */
export type FieldsResult = { readonly kept: FieldText; readonly end: number } | 'malformed' | 'incomplete';

/** Reads the header lines from `at` up to and with the empty line that ends them (RFC 9112, section 5). */
export function readFields(text: string, at: number, visitor: FieldVisitor): FieldsResult {
  const runs: number[] = [];
  let runStart = at;
  for (;;) {
    const first = text.charCodeAt(at);
    if (first === 0x0d) {
      if (at + 1 >= text.length) return 'incomplete';
      if (text.charCodeAt(at + 1) !== 0x0a) return 'malformed';
      if (at > runStart) runs.push(runStart, at);
      return { kept: new FieldText(text, runs), end: at + 2 };
    }
    const colon = endOfToken(text, at);
    if (colon >= text.length) return 'incomplete';
    if (colon === at || text.charCodeAt(colon) !== 0x3a) return 'malformed';
    let valueStart = colon + 1;
    while (isBlank(text.charCodeAt(valueStart))) valueStart++;
    const lineEnd = endOfValue(text, valueStart);
    if (lineEnd + 1 >= text.length) return isOpenEnd(text, lineEnd) ? 'incomplete' : 'malformed';
    if (!isLineEnd(text, lineEnd)) return 'malformed';
    if (visitor.wants(first, colon - at)) {
      let valueEnd = lineEnd;
      while (valueEnd > valueStart && isBlank(text.charCodeAt(valueEnd - 1))) valueEnd--;
      if (!visitor.take(text.slice(at, colon), text.slice(valueStart, valueEnd))) {
        if (at > runStart) runs.push(runStart, at);
        runStart = lineEnd + 2;
      }
    }
    at = lineEnd + 2;
  }
}

/** The text ends here, or after a CR. */
export const isOpenEnd = (text: string, at: number): boolean => at >= text.length || text.charCodeAt(at) === 0x0d;

/** Header lines that stay as they were sent: stretches of a head, each of whole lines. */
export class FieldText implements HeaderBlock {
  readonly #text: string;
  /** Start, end, start, end… */
  readonly #runs: readonly number[];
  #joined: string | undefined;

  constructor(text: string, runs: readonly number[]) {
    this.#text = text;
    this.#runs = runs;
  }

  text(): string {
    if (this.#joined !== undefined) return this.#joined;
    const runs = this.#runs;
    let text = '';
    for (let i = 0; i < runs.length; i += 2) text += this.#text.slice(runs[i], runs[i + 1]);
    this.#joined = text;
    return text;
  }

  list(): string[] {
    const list: string[] = [];
    for (const line of this.text().split('\r\n')) {
      const colon = line.indexOf(':');
      if (colon > 0) list.push(line.slice(0, colon), trimBlanks(line.slice(colon + 1)));
    }
    return list;
  }
}

/** Those trailers that may go on. */
export function passableTrailers(list: readonly string[]): readonly string[] {
  if (list.length === 0) return list;
  const kept: string[] = [];
  for (let i = 0; i + 1 < list.length; i += 2) {
    const name = list[i] ?? '';
    if (isPassableTrailer(name.toLowerCase())) kept.push(name, list[i + 1] ?? '');
  }
  return kept;
}
