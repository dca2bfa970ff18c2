import { fieldNumbers } from './field-numbers.ts';

/** What a field number means: a field of JSON, or a message whose fields stand in the same object. */
export type Field = string | ReadonlyMap<number, Field>;

const parsed = new Map<string, ReadonlyMap<number, Field>>();

/** The fields of a class by their numbers; empty for a class that is not known. */
export function fieldsOf(className: string): ReadonlyMap<number, Field> {
  let fields = parsed.get(className);
  if (!fields) {
    const text = Object.hasOwn(fieldNumbers, className) ? (fieldNumbers[className] ?? '') : '';
    fields = parse(text.match(/\d+(?=:)|[()]|[A-Za-z_]\w*/g) ?? []);
    parsed.set(className, fields);
  }
  return fields;
}

/** Takes tokens from the front, up to the parenthesis that closes what is being read. */
function parse(tokens: string[]): ReadonlyMap<number, Field> {
  const fields = new Map<number, Field>();
  let number = 1;
  for (let token = tokens.shift(); token !== undefined && token !== ')'; token = tokens.shift()) {
    if (/^\d/.test(token)) number = Number(token);
    else fields.set(number++, token === '(' ? parse(tokens) : token);
  }
  return fields;
}
