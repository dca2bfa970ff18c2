/** A stretch of text, or what stands between `{{` and `}}`. */
export interface Token {
  readonly kind: 'text' | 'action';
  readonly text: string;
}

/** Cuts a template into tokens; comments are gone and trim markers have done their work. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let trimNext = false;
  for (let from = 0; from <= text.length;) {
    const open = text.indexOf('{{', from);
    const action = open < 0 ? undefined : readAction(text, open);
    const before = text.slice(from, open < 0 ? undefined : open);
    tokens.push({ kind: 'text', text: trim(before, { start: trimNext, end: action?.trimBefore ?? false }) });
    if (!action) break;
    if (!isComment(action.text)) tokens.push({ kind: 'action', text: action.text });
    trimNext = action.trimAfter;
    from = action.end;
  }
  return tokens.filter(({ kind, text: part }) => kind === 'action' || part !== '');
}

const isComment = (action: string): boolean => action.startsWith('/*') && action.endsWith('*/');

function readAction(
  text: string,
  open: number,
): { readonly text: string; readonly trimBefore: boolean; readonly trimAfter: boolean; readonly end: number } {
  // Braces may stand in a string, so the end is looked for after whole strings.
  const pattern = /\{\{(-\s)?((?:"(?:[^"\\]|\\.)*"|`[^`]*`|[^"`}]|\}(?!\}))*?)(\s-)?\}\}/y;
  pattern.lastIndex = open;
  const match = pattern.exec(text);
  if (!match) throw new Error(`template: unclosed action in "${text}"`);
  return {
    text: (match[2] ?? '').trim(),
    trimBefore: match[1] !== undefined,
    trimAfter: match[3] !== undefined,
    end: pattern.lastIndex,
  };
}

function trim(text: string, { start, end }: { start: boolean; end: boolean }): string {
  const tail = end ? text.trimEnd() : text;
  return start ? tail.trimStart() : tail;
}
