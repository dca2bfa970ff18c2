import { parse } from 'yaml';

/** The value of YAML text, `null` for none; throws an `Error` with key and value. */
export function parseYaml(key: string, text: string): unknown {
  try {
    const value: unknown = parse(text, { logLevel: 'error' });
    return value ?? null;
  } catch (cause) {
    throw new Error(`${key} = ${text}, must be YAML`, { cause });
  }
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isTextMap = (value: Record<string, unknown>): value is Record<string, string> =>
  Object.values(value).every((item) => typeof item === 'string');
