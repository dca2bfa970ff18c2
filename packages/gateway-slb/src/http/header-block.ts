/** Header lines on their way through, in the form that whoever sends them wants. */
export interface HeaderBlock {
  /** Name, value, name, value…, as sent. */
  list(): readonly string[];
  /** Lines of HTTP/1.1, each with its line end; Latin-1. Throws if they cannot be written as such. */
  text(): string;
}

/** What would end a line, or be read differently by different readers. */
const unwritable = /[^\t\x20-\x7e\x80-\xff]/;
const token = /^[\w!#$%&'*+.^`|~-]+$/;

/** True for what may stand around a value and is none of it. */
export const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;

/** A value without blanks around it. A pattern would look at each blank within it again and again. */
export function trimBlanks(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isBlank(value.charCodeAt(start))) start++;
  while (start < end && isBlank(value.charCodeAt(end - 1))) end--;
  return value.slice(start, end);
}

/** Headers as a list. */
export class HeaderList implements HeaderBlock {
  readonly #list: readonly string[];

  constructor(list: readonly string[]) {
    this.#list = list;
  }

  list(): readonly string[] {
    return this.#list;
  }

  text(): string {
    return linesOf(this.#list);
  }
}

/** Name, value, name, value… as lines of HTTP/1.1. Throws at what is no header. */
export function linesOf(list: readonly string[]): string {
  let text = '';
  for (let i = 0; i + 1 < list.length; i += 2) {
    const name = list[i] ?? '';
    const value = list[i + 1] ?? '';
    if (!token.test(name) || unwritable.test(value))
      throw new Error(`header ${JSON.stringify(name)} cannot be written`);
    text += `${name}: ${value}\r\n`;
  }
  return text;
}

/** The name that a server reads which takes `_` for `-`: it would believe of the one what it may only believe of the other. */
export const dashed = (name: string): string => (name.includes('_') ? name.replaceAll('_', '-') : name);

/** The list without these lower-case names, or any that some servers read as one of them. */
export function withoutHeaders(list: readonly string[], names: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < list.length; i += 2) {
    const name = list[i] ?? '';
    const lower = name.toLowerCase();
    if (!names.has(lower) && !names.has(dashed(lower))) kept.push(name, list[i + 1] ?? '');
  }
  return kept;
}
