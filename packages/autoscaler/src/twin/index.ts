/** The twin: the autoscaler and the activator as they are, on a virtual clock, with instances that are nothing but times. */
export { type Distribution, parseDistribution } from './distribution.ts';
export { type Bin, type InstanceSeconds } from './ledger.ts';
export { seededRandom } from './random.ts';
export {
  type InstanceModel,
  type Quantiles,
  type SimulationOptions,
  type SimulationResult,
  simulate,
} from './simulate.ts';
export type { ServiceColumn } from './trace/columns.ts';
export { generateTrace } from './trace/generate.ts';
export { type TraceOptions, parseTrace } from './trace/parse-trace.ts';
export type { Trace } from './trace/trace.ts';
export { scheduleOf } from '../timeseries.ts';
export { cpuRequestOf } from '../usage/cpu-request.ts';
