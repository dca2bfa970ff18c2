/** A map or list that is open while its text is read. */
interface Frame {
  readonly path: string;
  /** Keys so far; `undefined` for a list. */
  readonly keys: Set<string> | undefined;
  /** Path of the value that is read now. */
  at: string;
  index: number;
  /** Whether the next string is a key. */
  isKeyNext: boolean;
}

const quote = '"';

/**
 * Paths of the keys that stand more than once in a JSON text, such as `metadata.name` or `spec.containers[0].image`.
 * `JSON.parse` keeps the last of them without a word. The text must be one that `JSON.parse` takes.
 */
export function duplicateKeys(json: string): string[] {
  const found: string[] = [];
  const frames: Frame[] = [];
  let frame: Frame | undefined;
  for (let i = 0; i < json.length; i++) {
    const char = json[i];
    if (char === quote) {
      const end = endOfString(json, i);
      if (frame?.isKeyNext) readKey(frame, json.slice(i, end + 1), found);
      i = end;
    } else if (char === '{' || char === '[') {
      const path: string = frame?.at ?? '';
      const isMap = char === '{';
      frame = { path, keys: isMap ? new Set() : undefined, at: `${path}[0]`, index: 0, isKeyNext: isMap };
      frames.push(frame);
    } else if (char === '}' || char === ']') {
      frames.pop();
      frame = frames.at(-1);
    } else if (char === ',' && frame) {
      if (frame.keys) frame.isKeyNext = true;
      else frame.at = `${frame.path}[${++frame.index}]`;
    }
  }
  return found;
}

function readKey(frame: Frame, text: string, found: string[]): void {
  const key = JSON.parse(text) as string;
  frame.isKeyNext = false;
  frame.at = frame.path === '' ? key : `${frame.path}.${key}`;
  if (frame.keys?.has(key)) found.push(frame.at);
  frame.keys?.add(key);
}

function endOfString(json: string, start: number): number {
  let i = start + 1;
  while (i < json.length && json[i] !== quote) i += json[i] === '\\' ? 2 : 1;
  return i;
}
