export type { ProbeAction, ProbeSpec } from './probe.ts';
export { type ProbeTarget, check } from './check.ts';
export { runProber } from './prober.ts';
