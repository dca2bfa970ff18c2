import { type Expression, evaluate, parseExpression } from './expression.ts';
import { type Fields, isTrue, print } from './functions.ts';
import { type Token, tokenize } from './tokens.ts';

/**
 * The part of Go's text templates that Knative's ConfigMaps use: text, fields (`{{.Name}}`, `{{.Labels.app}}`) and methods, the functions
 * `index eq ne lt le gt ge and or not js html urlquery`, pipelines, parentheses, `if / else if / else / end`, comments, and trim markers.
 */
export interface Template {
  /** Throws an `Error` when a field is unknown or a function gets the wrong arguments. */
  render(data: Fields): string;
}

/** Parses a template; throws an `Error` that shows the action it cannot read. */
export function parseTemplate(text: string): Template {
  const cursor = { tokens: tokenize(text), at: 0 };
  const body = parseBody(cursor);
  if (cursor.at < cursor.tokens.length) throw new Error(`template: unexpected {{${cursor.tokens[cursor.at]?.text}}}`);
  return { render: (data) => renderBody(body, data) };
}

interface Cursor {
  readonly tokens: readonly Token[];
  at: number;
}

type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print'; readonly expression: Expression }
  | {
      readonly kind: 'if';
      readonly test: Expression;
      readonly whenTrue: readonly Node[];
      readonly whenFalse: readonly Node[];
    };

/** Reads nodes up to the end, or to an `else` or `end`, which it leaves. */
function parseBody(cursor: Cursor): Node[] {
  const nodes: Node[] = [];
  for (let token = cursor.tokens[cursor.at]; token; token = cursor.tokens[cursor.at]) {
    if (token.kind === 'action' && /^(?:else|end)\b/.test(token.text)) break;
    cursor.at += 1;
    nodes.push(token.kind === 'text' ? { kind: 'text', text: token.text } : parseAction(token.text, cursor));
  }
  return nodes;
}

function parseAction(action: string, cursor: Cursor): Node {
  const test = /^if\b(.*)$/s.exec(action)?.[1];
  return test === undefined
    ? { kind: 'print', expression: parseExpression(action) }
    : parseIf(parseExpression(test), cursor);
}

function parseIf(test: Expression, cursor: Cursor): Node {
  const whenTrue = parseBody(cursor);
  const next = cursor.tokens[cursor.at]?.text;
  if (next === undefined) throw new Error('template: {{if}} without {{end}}');
  cursor.at += 1;
  const elseIf = /^else\s+if\b(.*)$/s.exec(next)?.[1];
  if (elseIf !== undefined)
    return { kind: 'if', test, whenTrue, whenFalse: [parseIf(parseExpression(elseIf), cursor)] };
  if (next === 'end') return { kind: 'if', test, whenTrue, whenFalse: [] };
  const whenFalse = parseBody(cursor);
  if (next !== 'else' || cursor.tokens[cursor.at]?.text !== 'end')
    throw new Error('template: {{else}} without {{end}}');
  cursor.at += 1;
  return { kind: 'if', test, whenTrue, whenFalse };
}

function renderBody(nodes: readonly Node[], data: Fields): string {
  return nodes.map((node) => renderNode(node, data)).join('');
}

function renderNode(node: Node, data: Fields): string {
  switch (node.kind) {
    case 'text':
      return node.text;
    case 'print':
      return print(evaluate(node.expression, data));
    case 'if':
      return renderBody(isTrue(evaluate(node.test, data)) ? node.whenTrue : node.whenFalse, data);
  }
}
