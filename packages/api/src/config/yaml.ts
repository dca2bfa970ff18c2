import { parse } from 'yaml';

/** The value of YAML text, `null` for none; throws an `Error` with key and value. */
export function parseYaml(key: string, text: string): unknown {
  try {
    const value: unknown = parse(text);
    return value ?? null;
  } catch (cause) {
    throw new Error(`${key} = ${text}, must be YAML`, { cause });
  }
}
