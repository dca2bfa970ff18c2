import { readFile, writeFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { defaultAutoscalerConfig, parseGoDuration } from '@ebb/api';
import {
  type InstanceModel,
  type ServiceColumn,
  type SimulationOptions,
  type Trace,
  cpuRequestOf,
  generateTrace,
  parseDistribution,
  parseTrace,
  seededRandom,
  simulate,
} from '@ebb/autoscaler/twin';
import { UserError, messageOf } from '@ebb/base';
import type { Currency } from '@ebb/local-eci';
import type { Io } from '../io.ts';
import { costOf } from './cost.ts';
import { type SimulatedService, readService, scalingOf } from './service.ts';
import { type VariantResult, formatResults } from './table.ts';
import { variantsOf } from './variants.ts';

/** As the command line has them. */
export interface SimulateOptions {
  readonly service: string;
  readonly trace?: string;
  readonly generate?: string;
  readonly set: readonly string[];
  readonly variant: readonly string[];
  readonly serviceTime?: string;
  readonly startUp: string;
  readonly failsAfter?: string;
  readonly reclaimedAfter?: string;
  readonly workers?: number;
  /** Cores that a request keeps busy. */
  readonly cpu?: number;
  readonly skip: string;
  /** Milliseconds since the epoch. */
  readonly start: number;
  readonly seed: number;
  readonly currency: Currency;
  readonly spotShare: number;
  readonly plot?: string;
  readonly output: 'table' | 'json';
}

const defaultServiceTime = 'exponential:100ms';

/** Runs a trace against each variant of a service, and tells how each did. */
export async function runSimulate(options: SimulateOptions, io: Io): Promise<void> {
  const service = await readService(resolve(io.cwd, options.service));
  const variants = variantsOf(service, { sets: options.set, variants: options.variant });
  // All are looked at before the first is run.
  const prepared = variants.map(({ name, service: each }) => ({
    name,
    service: each,
    scaling: scaling(name, each, options),
  }));
  const column = serviceColumn(options.serviceTime);
  const trace = await readTrace(options, column, io);
  const results = prepared.map(({ name, service: each, scaling: { podAutoscaler, settings } }): VariantResult => {
    const model = modelOf(options, column, each);
    const result = simulate({
      podAutoscaler,
      settings,
      timeseries: each.timeseries,
      trace,
      model,
      seed: options.seed,
      skipMs: skipOf(options, trace),
    });
    return { name, result, cost: costOf(each, result.instanceSeconds, options) };
  });
  io.out(options.output === 'json' ? toJson(results, options.currency) : formatResults(results, options.currency));
  if (options.plot !== undefined) {
    const { plot } = await import('./plot.ts');
    const source = options.generate ?? basename(options.trace ?? '');
    await writeFile(resolve(io.cwd, options.plot), plot(results, `${service.name}: ${source}`));
  }
}

type Scaling = Pick<SimulationOptions, 'podAutoscaler'> & {
  readonly settings: NonNullable<SimulationOptions['settings']>;
};

const progressDeadlineMs = 600_000;

function scaling(name: string, service: SimulatedService, { cpu }: SimulateOptions): Scaling {
  try {
    const { podAutoscaler, autoscaler } = scalingOf(service, { knowsCpu: cpu !== undefined });
    return {
      podAutoscaler,
      settings: { autoscaler: { ...defaultAutoscalerConfig, ...autoscaler }, progressDeadlineMs },
    };
  } catch (error) {
    if (error instanceof UserError) throw new UserError(`${name}: ${error.message}`, { cause: error });
    throw error;
  }
}

async function readTrace(options: SimulateOptions, service: ServiceColumn | undefined, io: Io): Promise<Trace> {
  const { trace: file, generate, seed, start: startMs } = options;
  const random = seededRandom(seed, 'trace');
  if ((file === undefined) === (generate === undefined)) throw new UserError('give either --trace or --generate');
  if (generate !== undefined) return generateTrace(generate, random, startMs);
  const text = await readFile(resolve(io.cwd, file ?? ''), 'utf8').catch((cause: unknown) => {
    throw new UserError(`cannot read ${file}: ${messageOf(cause)}`, { cause });
  });
  try {
    return parseTrace(text, { service, startMs, random });
  } catch (error) {
    if (error instanceof UserError) throw new UserError(`${file}: ${error.message}`, { cause: error });
    throw error;
  }
}

function modelOf(
  { serviceTime, startUp, failsAfter, reclaimedAfter, workers, cpu }: SimulateOptions,
  column: ServiceColumn | undefined,
  { timeoutSeconds, podSpec }: SimulatedService,
): InstanceModel {
  const text = column ? defaultServiceTime : (serviceTime ?? defaultServiceTime);
  return {
    serviceMs: parseDistribution(text, '--service-time'),
    startUpMs: parseDistribution(startUp, '--start-up'),
    failsAfterMs: failsAfter === undefined ? undefined : parseDistribution(failsAfter, '--fails-after'),
    reclaimedAfterMs: reclaimedAfter === undefined ? undefined : parseDistribution(reclaimedAfter, '--reclaimed-after'),
    workers,
    coresPerRequest: cpu,
    cpuRequest: cpuRequestOf(podSpec),
    timeoutMs: timeoutSeconds * 1000,
  };
}

/** `column:generated_tokens*20ms+50ms`; `undefined` if the time is told otherwise. */
function serviceColumn(text: string | undefined): ServiceColumn | undefined {
  if (!text?.startsWith('column:')) return undefined;
  const [, column = '', each = '1s', plus = '0'] = /^column:([^*+]+)(?:\*([^+]+))?(?:\+(.+))?$/.exec(text) ?? [];
  const [eachMs, plusMs] = [parseGoDuration(each), parseGoDuration(plus)];
  if (column === '' || eachMs === undefined || plusMs === undefined || eachMs < 0 || plusMs < 0) {
    throw new UserError(`--service-time ${text}: must be as in column:generated_tokens*20ms+50ms`);
  }
  return { column, eachMs, plusMs };
}

function skipOf({ skip }: SimulateOptions, { lengthMs }: Trace): number {
  const skipMs = parseGoDuration(skip);
  if (skipMs === undefined || skipMs < 0 || skipMs >= lengthMs) {
    throw new UserError(`--skip ${skip}: must be a duration shorter than the trace, which lasts ${lengthMs / 1000} s`);
  }
  return skipMs;
}

function toJson(results: readonly VariantResult[], currency: Currency): string {
  const plain = results.map(({ name, cost, result }) => ({ variant: name, cost, currency, ...result }));
  return `${JSON.stringify(plain, null, 2)}\n`;
}
