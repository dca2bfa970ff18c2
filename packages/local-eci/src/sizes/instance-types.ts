import type { Size } from './specs.ts';

/** Types whose names do not tell their size. */
const small: Readonly<Record<string, Size>> = {
  'ecs.t6-c1m1.large': { cpu: 2, memory: 2 },
  'ecs.t6-c1m2.large': { cpu: 2, memory: 4 },
  'ecs.t6-c1m4.large': { cpu: 2, memory: 8 },
  'ecs.t5-lc1m2.small': { cpu: 1, memory: 2 },
  'ecs.t5-c1m1.large': { cpu: 2, memory: 2 },
  'ecs.t5-c1m2.large': { cpu: 2, memory: 4 },
  'ecs.s6-c1m1.small': { cpu: 1, memory: 1 },
  'ecs.s6-c1m2.small': { cpu: 1, memory: 2 },
  'ecs.s6-c1m2.large': { cpu: 2, memory: 4 },
  'ecs.n1.small': { cpu: 1, memory: 2 },
};

/** GiB a vCPU, by the letter a family's name begins with: compute, general, memory, high frequency. */
const gibPerCpu: Readonly<Record<string, number>> = { c: 2, g: 4, r: 8, hfc: 2, hfg: 4, hfr: 8 };

/**
 * The size of an ECS type: `ecs.g7.xlarge` has 4 vCPU and 16 GiB, `ecs.c6.2xlarge` 8 and 16. `undefined` for a type this ECI does
 * not sell.
 */
export function sizeOfType(type: string): Size | undefined {
  if (Object.hasOwn(small, type)) return small[type];
  const [, family = '', times, size] = /^ecs\.(hf[cgr]|[cgr])\d[a-z]*\.(\d{0,2})(large|xlarge)$/.exec(type) ?? [];
  const ratio = Object.hasOwn(gibPerCpu, family) ? gibPerCpu[family] : undefined;
  if (ratio === undefined || (size === 'large' && times)) return undefined;
  const cpu = size === 'large' ? 2 : 4 * Number(times || 1);
  return cpu > 64 ? undefined : { cpu, memory: cpu * ratio };
}

/** Burstable types are about 46 % cheaper than others of their size. */
export function isBurstable(type: string): boolean {
  return /^ecs\.t\d/.test(type);
}
