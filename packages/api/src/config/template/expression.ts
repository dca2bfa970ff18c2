import { type Value, field, functions, print } from './functions.ts';

/** A field path, a literal, or a call; a field path may be a method's, with arguments. */
export type Expression =
  | { readonly kind: 'field'; readonly path: readonly string[]; readonly args: readonly Expression[] }
  | { readonly kind: 'literal'; readonly value: Value }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] };

const words = /\s+|([()|])|(\.(?:\w+(?:\.\w+)*)?)|("(?:[^"\\]|\\.)*"|`[^`]*`)|(-?\d+(?:\.\d+)?)|(\w+)|(.)/gsu;

/** Parses what stands in an action, or after its `if`. Throws an `Error` that shows it. */
export function parseExpression(text: string): Expression {
  const parts = [...text.matchAll(words)].map(([part]) => part).filter((part) => part.trim() !== '');
  const cursor = { parts, at: 0, text };
  const expression = parsePipeline(cursor);
  if (cursor.at < parts.length) throw new Error(`template: cannot read {{${text}}}`);
  return expression;
}

interface WordCursor {
  readonly parts: readonly string[];
  readonly text: string;
  at: number;
}

/** Commands of which each is the last argument of the next. */
function parsePipeline(cursor: WordCursor): Expression {
  let expression = parseCommand(cursor);
  while (cursor.parts[cursor.at] === '|') {
    cursor.at += 1;
    expression = parseCommand(cursor, expression);
  }
  return expression;
}

/** A function or a method with its arguments, `last` behind them, or one operand. */
function parseCommand(cursor: WordCursor, last?: Expression): Expression {
  const first = cursor.parts[cursor.at] ?? '';
  const isCall = Object.hasOwn(functions, first);
  if (isCall) cursor.at += 1;
  const command: Expression = isCall ? { kind: 'call', name: first, args: [] } : parseOperand(cursor);
  const args: Expression[] = [];
  while (cursor.at < cursor.parts.length && !/^[)|]$/.test(cursor.parts[cursor.at] ?? '')) {
    args.push(parseOperand(cursor));
  }
  if (last) args.push(last);
  if (args.length === 0) return command;
  if (command.kind === 'literal' || first === '(') {
    throw new Error(`template: "${first}" takes no arguments in {{${cursor.text}}}`);
  }
  return { ...command, args };
}

function parseOperand(cursor: WordCursor): Expression {
  const part = cursor.parts[cursor.at] ?? '';
  cursor.at += 1;
  if (part.startsWith('.') && part !== '.') return { kind: 'field', path: part.slice(1).split('.'), args: [] };
  if (part === 'true' || part === 'false') return { kind: 'literal', value: part === 'true' };
  if (/^-?\d/.test(part)) return { kind: 'literal', value: Number(part) };
  if (part.startsWith('`') && part.length > 1) return { kind: 'literal', value: part.slice(1, -1) };
  if (part.startsWith('"') && part.length > 1) return { kind: 'literal', value: unquote(part) };
  if (part !== '(') throw new Error(`template: cannot read "${part}" in {{${cursor.text}}}`);
  const inner = parsePipeline(cursor);
  if (cursor.parts[cursor.at] !== ')') throw new Error(`template: unclosed parenthesis in {{${cursor.text}}}`);
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
  if (expression.kind === 'literal') return expression.value;
  const args = expression.args.map((arg) => evaluate(arg, data));
  if (expression.kind === 'call') return call(expression.name, args);
  const value = expression.path.reduce<Value>((within, name, depth) => field(within, name, depth), data);
  if (typeof value === 'function') return value(...args.map(print));
  if (args.length > 0) throw new Error(`template: ${expression.path.join('.')} takes no arguments`);
  return value;
}

function call(name: string, args: readonly Value[]): Value {
  const [least, apply] = functions[name] ?? [0, () => ''];
  if (args.length < least) throw new Error(`template: ${name} wants ${least} or more arguments`);
  return apply(args);
}
