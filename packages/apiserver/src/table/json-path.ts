import { isDeepStrictEqual } from 'node:util';
import { isObject } from '../schema/json.ts';

type Step = (values: readonly unknown[]) => unknown[];

const maxResults = 10_000;

/**
 * The values that a path of Kubernetes' JSONPath finds: fields (`.a.b`, `['a.b/c']`, with `\.` for a dot in a name),
 * indices and slices, `*`, unions, `..`, and filters such as `[?(@.type=='Ready')]`. Braces around it may be there.
 * A path it does not understand throws a `SyntaxError`; what is not there is just not found.
 */
export function jsonPath(path: string): (value: unknown) => unknown[] {
  const steps = new Parser(path.trim().replace(/^\{(.*)\}$/, '$1')).path();
  return (value) => steps.reduce<unknown[]>((values, step) => step(values).slice(0, maxResults), [value]);
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  path(): Step[] {
    const steps: Step[] = [];
    if (this.#text.startsWith('$') || this.#text.startsWith('@')) this.#at++;
    while (this.#at < this.#text.length) steps.push(this.#step());
    return steps;
  }

  #step(): Step {
    if (this.#take('..')) {
      const field = this.#text[this.#at] === '[' ? this.#bracket() : fieldStep(this.#name());
      return (values) => field(values.flatMap(descendants));
    }
    if (this.#take('.')) return this.#text[this.#at] === '[' ? this.#bracket() : fieldStep(this.#name());
    if (this.#text[this.#at] === '[') return this.#bracket();
    return fieldStep(this.#name());
  }

  #name(): string {
    const [found = ''] = /^(?:\\.|[^.[\]\\])*/.exec(this.#text.slice(this.#at)) ?? [];
    if (found === '' && this.#at < this.#text.length) throw this.#error();
    this.#at += found.length;
    return found.replaceAll(/\\(.)/g, '$1');
  }

  #bracket(): Step {
    const content = this.#bracketContent();
    const filter = /^\?\((.*)\)$/.exec(content)?.[1];
    if (filter !== undefined) return filterStep(filter);
    const steps = splitUnion(content).map(bracketStep);
    return (values) => values.flatMap((value) => steps.flatMap((step) => step([value])));
  }

  /** What stands between this bracket and the one that closes it. */
  #bracketContent(): string {
    const tokens = /'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|[^]/gy;
    tokens.lastIndex = this.#at;
    let depth = 0;
    for (let token = tokens.exec(this.#text)?.[0]; token !== undefined; token = tokens.exec(this.#text)?.[0]) {
      if (token === '[') depth++;
      if (token === ']') depth--;
      if (depth > 0) continue;
      const content = this.#text.slice(this.#at + 1, tokens.lastIndex - 1);
      this.#at = tokens.lastIndex;
      return content.trim();
    }
    throw this.#error();
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #error(): SyntaxError {
    return new SyntaxError(`JSONPath ${JSON.stringify(this.#text)} cannot be read at position ${this.#at}`);
  }
}

function splitUnion(content: string): string[] {
  return content.match(/'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|[^,'"\s]+/g) ?? [''];
}

function bracketStep(content: string): Step {
  const quoted = unquote(content);
  if (quoted !== undefined) return fieldStep(quoted, { quoted: true });
  if (content === '*') return fieldStep('*');
  if (/^-?\d+$/.test(content))
    return (values) => values.flatMap((value) => itemsOf(value).slice(Number(content)).slice(0, 1));
  const [, from, to, step] = /^(-?\d+)?:(-?\d+)?(?::(\d+))?$/.exec(content) ?? [];
  if (!content.includes(':') || step === '0') throw new SyntaxError(`JSONPath has no meaning for [${content}]`);
  const range = (items: readonly unknown[]): unknown[] =>
    items.slice(Number(from ?? 0), to === undefined ? undefined : Number(to));
  return (values) =>
    values.flatMap((value) => range(itemsOf(value)).filter((_, index) => index % Number(step ?? 1) === 0));
}

function unquote(text: string): string | undefined {
  const quoted = /^(['"])(.*)\1$/.exec(text)?.[2];
  return quoted?.replaceAll(/\\(.)/g, '$1');
}

function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function fieldStep(name: string, { quoted = false }: { readonly quoted?: boolean } = {}): Step {
  if (name === '' && !quoted) return (values) => [...values];
  if (name === '*' && !quoted) return (values) => values.flatMap(childrenOf);
  return (values) => values.flatMap((value) => (isObject(value) && Object.hasOwn(value, name) ? [value[name]] : []));
}

function childrenOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
}

/** The value and all below it, level by level, so that a deep value needs no deep stack. */
function descendants(value: unknown): unknown[] {
  const found = [value];
  for (let index = 0; index < found.length && found.length < maxResults; index++)
    found.push(...childrenOf(found[index]));
  return found;
}

type Comparison = (left: unknown, right: unknown) => boolean;

const comparisons: Record<string, Comparison> = {
  '==': (left, right) => isDeepStrictEqual(left, right),
  '!=': (left, right) => !isDeepStrictEqual(left, right),
  '<': ordered((order) => order < 0),
  '<=': ordered((order) => order <= 0),
  '>': ordered((order) => order > 0),
  '>=': ordered((order) => order >= 0),
};

/** Two numbers or two strings have an order; nothing else has. */
function ordered(holds: (order: number) => boolean): Comparison {
  return (left, right) => {
    if (typeof left === 'number' && typeof right === 'number') return holds(left - right);
    return typeof left === 'string' && typeof right === 'string' && holds(left < right ? -1 : Number(left > right));
  };
}

function filterStep(filter: string): Step {
  const [, left = filter, operator, right = ''] = /^(.*?)\s*(==|!=|<=|>=|<|>)\s*(.*)$/.exec(filter) ?? [];
  const of = operand(left.trim());
  const compare = operator === undefined ? undefined : comparisons[operator];
  const to = operator === undefined ? undefined : operand(right.trim());
  return (values) =>
    values.flatMap((value) =>
      itemsOf(value).filter((item) => {
        const [found] = of(item);
        if (!compare || !to) return found !== undefined;
        return found !== undefined && compare(found, to(item)[0]);
      }),
    );
}

/** One side of a comparison: a path from the element, or a literal. */
function operand(text: string): (item: unknown) => unknown[] {
  if (text.startsWith('@') || text.startsWith('$')) return jsonPath(text);
  const literal = unquote(text) ?? literalOf(text);
  return () => [literal];
}

function literalOf(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  return text !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}
