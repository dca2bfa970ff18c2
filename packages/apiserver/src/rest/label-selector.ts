import type { StatusError } from '@ebb/api';
import { badRequest } from './errors.ts';
import { labelValueErrors, qualifiedNameErrors } from '../schema/names.ts';

type Labels = Readonly<Record<string, string>>;
type Operator = '=' | '!=' | 'in' | 'notin' | 'exists' | '!' | '<' | '>';

interface Requirement {
  readonly key: string;
  readonly operator: Operator;
  readonly values: readonly string[];
}

/** Says whether labels match. */
export type LabelMatcher = (labels: Labels | undefined) => boolean;

/**
 * Reads a label selector: `a=b`, `a==b`, `a!=b`, `a in (x,y)`, `a notin (x)`, `a`, `!a`, `a>1`, `a<1`, joined by commas.
 * Returns `undefined` for the empty one, which matches all. Throws `StatusError` (`BadRequest`).
 */
export function parseLabelSelector(text: string): LabelMatcher | undefined {
  if (text.trim() === '') return undefined;
  const requirements = new Parser(tokensOf(text)).parse();
  return (labels = {}) => requirements.every((requirement) => meets(requirement, labels));
}

function meets({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case '=':
    case 'in':
      return value !== undefined && values.includes(value);
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case '<':
      return value !== undefined && /^-?\d+$/.test(value) && Number(value) < Number(values[0]);
    case '>':
      return value !== undefined && /^-?\d+$/.test(value) && Number(value) > Number(values[0]);
  }
}

const special = new Set(['!=', '==', '=', '!', '<', '>', '(', ')', ',']);

function tokensOf(text: string): string[] {
  return text.match(/!=|==|[=!<>(),]|[^\s=!<>(),]+/g) ?? [];
}

class Parser {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  parse(): Requirement[] {
    const requirements: Requirement[] = [];
    for (;;) {
      requirements.push(this.#requirement());
      const next = this.#take();
      if (next === undefined) return requirements;
      if (next !== ',') throw badRequest(unexpected(next, "',' or 'end of string'"));
      const after = this.#peek();
      if (after === undefined || (special.has(after) && after !== '!'))
        throw badRequest(unexpected(after ?? '', "identifier after ','"));
    }
  }

  #requirement(): Requirement {
    if (this.#peek() === '!') {
      this.#take();
      return { key: this.#key('identifier'), operator: '!', values: [] };
    }
    const key = this.#key("!, identifier, or 'end of string'");
    const next = this.#peek();
    if (next === undefined || next === ',') return { key, operator: 'exists', values: [] };
    this.#take();
    return checked({ key, ...this.#comparison(next) });
  }

  #comparison(operator: string): Omit<Requirement, 'key'> {
    if (operator === 'in' || operator === 'notin') return { operator, values: this.#values() };
    if (operator === '=' || operator === '==') return { operator: '=', values: [this.#value()] };
    if (operator === '!=' || operator === '<' || operator === '>') return { operator, values: [this.#value()] };
    throw refuse(unexpected(operator, 'in, notin, =, ==, !=, gt, lt'));
  }

  #key(expected: string): string {
    const key = this.#take();
    if (key === undefined || special.has(key)) throw refuse(unexpected(key ?? '', expected));
    const [problem] = qualifiedNameErrors(key);
    if (problem) throw refuse(`<nil>: Invalid value: ${JSON.stringify(key)}: ${problem}`);
    return key;
  }

  /** A value may be empty: `a=`, `a=,b`. */
  #value(): string {
    const next = this.#peek();
    if (next === undefined || next === ',') return '';
    if (special.has(next)) throw refuse(unexpected(next, 'identifier'));
    this.#take();
    return next;
  }

  #values(): string[] {
    if (this.#take() !== '(') throw refuse(`found '${this.#tokens[this.#at - 1] ?? ''}' expected: '('`);
    const values: string[] = [];
    for (;;) {
      const next = this.#take();
      if (next === undefined) throw refuse(unexpected('', "',', ')' or identifier"));
      if (next === ')' && values.length > 0) return values;
      if (next === ',' || next === ')') {
        values.push('');
        if (next === ')') return values;
        continue;
      }
      if (special.has(next)) throw refuse(unexpected(next, "',', ')' or identifier"));
      values.push(next);
      if (this.#peek() === ',') this.#take();
    }
  }

  #peek(): string | undefined {
    return this.#tokens[this.#at];
  }

  #take(): string | undefined {
    return this.#tokens[this.#at++];
  }
}

const unexpected = (found: string, expected: string): string => `found '${found}', expected: ${expected}`;

function checked(requirement: Requirement): Requirement {
  const { operator, values } = requirement;
  const key = operator === '<' || operator === '>' ? '' : `[${requirement.key}]`;
  if ((operator === '<' || operator === '>') && !/^-?\d+$/.test(values[0] ?? ''))
    throw refuse(
      `values[0]: Invalid value: ${JSON.stringify(values[0])}: for 'Gt', 'Lt' operators, the value must be an integer`,
    );
  values.forEach((value, i) => {
    const [problem] = labelValueErrors(value);
    if (problem) throw refuse(`values[${i}]${key}: Invalid value: ${JSON.stringify(value)}: ${problem}`);
  });
  return requirement;
}

function refuse(problem: string): StatusError {
  return badRequest(`unable to parse requirement: ${problem}`);
}
