import type { Answer } from './run.ts';

/** One place in which two answers to the same request differ. */
export interface Difference {
  readonly story: string;
  readonly say: string;
  /** `code`, `headers.warning`, `body.spec.ports[0].protocol` */
  readonly path: string;
  readonly real: unknown;
  readonly embedded: unknown;
}

/** All places in which the answers to a story differ. */
export function compareAnswers(story: string, real: readonly Answer[], embedded: readonly Answer[]): Difference[] {
  return real.flatMap(({ say, code, headers, body }, index) => {
    const other = embedded[index];
    const mine = { code: other?.code, headers: other?.headers, body: other?.body };
    return differ({ code, headers, body }, mine, '').map((each) => ({ story, say, ...each }));
  });
}

type Place = Omit<Difference, 'story' | 'say'>;

function differ(real: unknown, embedded: unknown, path: string): Place[] {
  if (Array.isArray(real) && Array.isArray(embedded)) {
    const length = Math.max(real.length, embedded.length);
    return Array.from({ length }, (_, i) => differ(real[i], embedded[i], `${path}[${i}]`)).flat();
  }
  if (isObject(real) && isObject(embedded)) {
    const keys = [...new Set([...Object.keys(real), ...Object.keys(embedded)])];
    return keys.flatMap((key) => differ(real[key], embedded[key], path === '' ? key : `${path}.${key}`));
  }
  return Object.is(real, embedded) ? [] : [{ path, real, embedded }];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A difference in words, for the report of a failed test. */
export function describeDifference({ story, say, path, real, embedded }: Difference): string {
  const shown = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));
  return `${story}: ${say}: ${path}\n    real     ${shown(real)}\n    embedded ${shown(embedded)}`;
}
