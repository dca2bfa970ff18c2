import { parseGoDuration } from '@ebb/api';
import { UserError } from '@ebb/base';
import { exponential, normal } from './random.ts';

/** How long something takes. */
export type Distribution = (random: () => number) => number;

/** Of a normal distribution, what 99 % of the values are below. */
const normal99 = 2.326348;

const kinds: Readonly<Record<string, { readonly takes: string; make(...ms: number[]): Distribution }>> = {
  constant: {
    takes: 'a time',
    make:
      (ms = 0) =>
      () =>
        ms,
  },
  uniform: {
    takes: 'the shortest and the longest time',
    make:
      (from = 0, to = from) =>
      (random) =>
        from + (to - from) * random(),
  },
  exponential: {
    takes: 'the mean',
    make:
      (mean = 0) =>
      (random) =>
        mean * exponential(random),
  },
  lognormal: {
    takes: 'the median and the 99th percentile',
    make: (median = 0, percentile99 = median) => {
      const spread = Math.log(percentile99 / median) / normal99;
      return (random) => median * Math.exp(spread * normal(random));
    },
  },
};

const counts: Readonly<Record<string, number>> = { constant: 1, uniform: 2, exponential: 1, lognormal: 2 };

/**
 * Reads how long something takes, in milliseconds: `200ms`, `uniform:1s,3s` (shortest, longest), `exponential:200ms` (mean) or
 * `lognormal:200ms,900ms` (median, 99th percentile). Throws `UserError` for anything else.
 *
 * @param what What takes that long, for the error.
 */
export function parseDistribution(text: string, what: string): Distribution {
  const [, name = 'constant', list = ''] = /^(?:([a-z]+):)?(.*)$/.exec(text) ?? [];
  const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  if (!kind) {
    throw new UserError(`${what} = ${text}, must be a time such as 200ms, or ${Object.keys(kinds).join(', ')} of some`);
  }
  const times = list.split(',').map((each) => parseGoDuration(each.trim()));
  const isOrdered = times.every((ms, index) => ms !== undefined && ms >= 0 && ms >= (times[index - 1] ?? 0));
  if (times.length !== counts[name] || !isOrdered || (name === 'lognormal' && times[0] === 0)) {
    throw new UserError(`${what} = ${text}, ${name} takes ${kind.takes}, such as ${name}:${example(name)}`);
  }
  return kind.make(...times.map((ms) => ms ?? 0));
}

function example(name: string): string {
  return counts[name] === 2 ? '200ms,900ms' : '200ms';
}
