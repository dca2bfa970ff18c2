import { parseGoDuration, parseGoFloat } from '@ebb/api';
import { UserError } from '@ebb/base';
import { type Stretch, Times, scatter } from './arrivals.ts';
import { type Trace, checkLength } from './trace.ts';

/** What a generator can be told: numbers are rates in requests a second, durations are kept in milliseconds. */
type Parameters = Readonly<Record<string, number>>;

interface Generator {
  /** Parameters and their defaults; those that are durations are written as such. */
  readonly defaults: Readonly<Record<string, string>>;
  arrivals(parameters: Parameters, random: () => number): Float64Array;
}

const stepMs = 1000;
const dayMs = 86_400_000;

/** A rate that is a function of time, second by second. */
function byRate(perSecondAt: (atMs: number, parameters: Parameters) => number): Generator['arrivals'] {
  return (parameters, random) => {
    function* stretches(): Iterable<Stretch> {
      const { for: lengthMs = 0 } = parameters;
      for (let atMs = 0; atMs < lengthMs; atMs += stepMs) {
        yield { lengthMs: Math.min(stepMs, lengthMs - atMs), perSecond: perSecondAt(atMs, parameters) };
      }
    }
    return scatter(stretches(), random);
  };
}

/** True from `at` for `lasts`. */
const isBetween = (atMs: number, at: number, lasts: number): boolean => atMs >= at && atMs < at + lasts;

/** A day that is lowest half a day from its peak, and a burst each day, which rises evenly before it is whole. */
function daily(atMs: number, { low = 0, high = 0, peak = 0, ...bursts }: Parameters): number {
  const { burst = 0, at = 0, rise = 0, lasts = 0 } = bursts;
  const height = (1 + Math.cos((2 * Math.PI * (atMs - peak)) / dayMs)) / 2;
  const ofDay = atMs % dayMs;
  const share = rise > 0 ? Math.min(1, (ofDay - at) / rise) : 1;
  return low + (high - low) * height + (isBetween(ofDay, at, lasts) ? burst * share : 0);
}

/** Gaps between requests of which a few are very long (Pareto). */
function paretoGaps({ rate = 0, shape = 0, for: lengthMs = 0 }: Parameters, random: () => number): Float64Array {
  if (!(shape > 1)) throw new UserError(`shape = ${shape}, must be above 1: the gaps would have no mean`);
  const shortestMs = ((1000 / rate) * (shape - 1)) / shape;
  const times = new Times();
  const gap = (): number => shortestMs / (1 - random()) ** (1 / shape);
  for (let atMs = gap(); atMs < lengthMs; atMs += gap()) times.add(atMs);
  return times.toArray();
}

const generators: Readonly<Record<string, Generator>> = {
  steady: { defaults: { rate: '10', for: '1h' }, arrivals: byRate((_, { rate = 0 }) => rate) },
  ramp: {
    defaults: { from: '1', to: '100', for: '1h' },
    arrivals: byRate((atMs, { from = 0, to = 0, for: lengthMs = 1 }) => from + ((to - from) * atMs) / lengthMs),
  },
  spike: {
    defaults: { rate: '5', to: '200', at: '20m', lasts: '2m', for: '1h' },
    arrivals: byRate((atMs, { rate = 0, to = 0, at = 0, lasts = 0 }) => (isBetween(atMs, at, lasts) ? to : rate)),
  },
  diurnal: {
    defaults: { low: '1', high: '20', peak: '14h', burst: '0', at: '9h', rise: '0s', lasts: '30m', for: '24h' },
    arrivals: byRate(daily),
  },
  'heavy-tailed': { defaults: { rate: '10', shape: '1.5', for: '1h' }, arrivals: paretoGaps },
};

/**
 * Makes a trace: `steady`, `ramp`, `spike`, `diurnal` or `heavy-tailed`, each with parameters, as in `spike:rate=5,to=200,at=20m`.
 * Rates are requests a second. Throws `UserError` for anything else.
 */
export function generateTrace(text: string, random: () => number, startMs: number): Trace {
  const [, name = '', list = ''] = /^([a-z-]+)(?::(.*))?$/.exec(text) ?? [];
  const generator = Object.hasOwn(generators, name) ? generators[name] : undefined;
  if (!generator) throw new UserError(`${text}: no such generator; there are ${Object.keys(generators).join(', ')}`);
  const parameters = readParameters(text, list, generator.defaults);
  const { for: lengthMs = 0 } = parameters;
  checkLength(lengthMs);
  return { startMs, lengthMs, atMs: generator.arrivals(parameters, random) };
}

function readParameters(text: string, list: string, defaults: Generator['defaults']): Parameters {
  const given = list === '' ? [] : list.split(',').map((pair) => pair.split('=', 2).map((part) => part.trim()));
  for (const [key = ''] of given) {
    if (!Object.hasOwn(defaults, key)) {
      throw new UserError(`${text}: ${key} is none of ${Object.keys(defaults).join(', ')}`);
    }
  }
  const texts: Readonly<Record<string, string>> = { ...defaults, ...Object.fromEntries(given) };
  return Object.fromEntries(
    Object.entries(texts).map(([key, value]) => {
      const isDuration = parseGoFloat(defaults[key] ?? '') === undefined;
      const number = isDuration ? parseGoDuration(value) : parseGoFloat(value);
      const isGood = number !== undefined && number >= 0 && number < Number.POSITIVE_INFINITY;
      if (!isGood) throw new UserError(`${text}: ${key} = ${value}, must be ${isDuration ? 'a duration' : 'a number'}`);
      return [key, number];
    }),
  );
}
