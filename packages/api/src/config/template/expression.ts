/** What an expression may yield. */
export type Value = string | boolean | { readonly [key: string]: Value };

/** A field path, a literal, or a call. */
export type Expression =
  | { readonly kind: 'field'; readonly path: readonly string[] }
  | { readonly kind: 'literal'; readonly value: Value }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] };

const words = /\s+|([()])|(\.(?:\w+(?:\.\w+)*)?)|("(?:[^"\\]|\\.)*"|`[^`]*`)|(\w+)|(.)/gsu;

/** Parses what stands in an action, or after its `if`. Throws an `Error` that shows it. */
export function parseExpression(text: string): Expression {
  const parts = [...text.matchAll(words)].map(([part]) => part).filter((part) => part.trim() !== '');
  const cursor = { parts, at: 0 };
  const expression = parseCall(cursor, text);
  if (cursor.at < parts.length) throw new Error(`template: cannot read {{${text}}}`);
  return expression;
}

interface WordCursor {
  readonly parts: readonly string[];
  at: number;
}

/** A function with its arguments up to the closing parenthesis or the end, or one operand. */
function parseCall(cursor: WordCursor, text: string): Expression {
  const name = cursor.parts[cursor.at] ?? '';
  if (!Object.hasOwn(functions, name)) return parseOperand(cursor, text);
  cursor.at += 1;
  const args: Expression[] = [];
  while (cursor.at < cursor.parts.length && cursor.parts[cursor.at] !== ')') args.push(parseOperand(cursor, text));
  return { kind: 'call', name, args };
}

function parseOperand(cursor: WordCursor, text: string): Expression {
  const part = cursor.parts[cursor.at] ?? '';
  cursor.at += 1;
  if (part.startsWith('.') && part !== '.') return { kind: 'field', path: part.slice(1).split('.') };
  if (part === 'true' || part === 'false') return { kind: 'literal', value: part === 'true' };
  if (part.startsWith('`') && part.length > 1) return { kind: 'literal', value: part.slice(1, -1) };
  if (part.startsWith('"') && part.length > 1) return { kind: 'literal', value: unquote(part) };
  if (part !== '(') throw new Error(`template: cannot read "${part}" in {{${text}}}`);
  const inner = parseCall(cursor, text);
  if (cursor.parts[cursor.at] !== ')') throw new Error(`template: unclosed parenthesis in {{${text}}}`);
  cursor.at += 1;
  return inner;
}

function unquote(literal: string): string {
  try {
    return String(JSON.parse(literal));
  } catch (cause) {
    throw new Error(`template: bad string ${literal}`, { cause });
  }
}

/** The value of an expression; throws an `Error` for an unknown field or wrong arguments. */
export function evaluate(expression: Expression, data: Value): Value {
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'field':
      return expression.path.reduce<Value>((value, name, depth) => field(value, name, depth), data);
    case 'call':
      return call(
        expression.name,
        expression.args.map((arg) => evaluate(arg, data)),
      );
  }
}

/** The root knows its fields; in a map an absent key is empty. */
function field(value: Value, name: string, depth: number): Value {
  if (typeof value === 'object' && Object.hasOwn(value, name)) return value[name] ?? '';
  if (depth === 0 || typeof value !== 'object') throw new Error(`template: there is no field ${name}`);
  return '';
}

const functions: Readonly<Record<string, (args: readonly Value[]) => Value>> = {
  index: ([map, ...path]) => path.reduce<Value>((value, key) => field(value, print(key), 1), map ?? ''),
  eq: ([first, ...others]) => others.some((other) => other === first),
  ne: ([first, second]) => first !== second,
  and: (args) => args.find((arg) => !isTrue(arg)) ?? args.at(-1) ?? false,
  or: (args) => args.find(isTrue) ?? args.at(-1) ?? false,
  not: ([arg]) => !isTrue(arg ?? false),
};

function call(name: string, args: readonly Value[]): Value {
  const least = name === 'not' || name === 'and' || name === 'or' ? 1 : 2;
  if (args.length < least) throw new Error(`template: ${name} wants ${least} or more arguments`);
  return functions[name]?.(args) ?? '';
}

/** Empty text, an empty map and `false` are not. */
export const isTrue = (value: Value): boolean =>
  typeof value === 'object' ? Object.keys(value).length > 0 : Boolean(value);

/** A value as text. */
export function print(value: Value): string {
  if (typeof value !== 'object') return String(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${entries.map(([key, item]) => `${key}:${print(item)}`).join(' ')}]`;
}
