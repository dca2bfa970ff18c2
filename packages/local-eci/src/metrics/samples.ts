import type { Clock } from '@ebb/base';
import type { Group } from '../groups/group.ts';
import type { ContainerUsage } from '../runtime.ts';

/** What one container used at a moment. */
export interface ContainerSample extends ContainerUsage {
  /** CPU taken of late, in billionths of a core. */
  readonly nanoCores: number;
}

/** What the containers of a group used at a moment. */
export interface Sample {
  readonly atMs: number;
  readonly containers: readonly ContainerSample[];
}

/** ECI keeps more (50 points an answer, serverless-node.md, section 2.3); here they would be kept of every group there is. */
const maxSamples = 10;
/** Asked again within less, the last sample is good enough: over so short a time nothing can be said of CPU. */
const minApartMs = 1000;

/** Samples of groups, taken when somebody asks. */
export class Samples {
  readonly #clock: Clock;
  readonly #ofGroup = new WeakMap<Group, Sample[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes one, and returns those there are, oldest first. */
  async take(group: Group): Promise<readonly Sample[]> {
    const samples = this.#ofGroup.get(group) ?? [];
    const last = samples.at(-1);
    const atMs = this.#clock.now();
    if (last && atMs - last.atMs < minApartMs) return samples;
    const used = (await group.instance?.usage()) ?? [];
    if (used.length === 0) return samples;
    const containers = used.map((usage) => ({ ...usage, nanoCores: nanoCores(group, usage, { atMs, last }) }));
    const kept = [...samples, { atMs, containers }].slice(-maxSamples);
    this.#ofGroup.set(group, kept);
    return kept;
  }
}

/** Since the last sample or, without one, since the container started. */
function nanoCores(
  group: Group,
  { name, cpuNanoseconds }: ContainerUsage,
  { atMs, last }: { readonly atMs: number; readonly last: Sample | undefined },
): number {
  const before = last?.containers.find((container) => container.name === name);
  const { current } = group.state.containers.find((container) => container.name === name) ?? {};
  const startedAtMs = current?.state === 'Running' ? current.startedAtMs : atMs;
  const hasBefore = last && before && before.cpuNanoseconds <= cpuNanoseconds && last.atMs >= startedAtMs;
  const seconds = (atMs - (hasBefore ? last.atMs : startedAtMs)) / 1000;
  const spent = cpuNanoseconds - (hasBefore ? before.cpuNanoseconds : 0);
  return seconds > 0 ? Math.round(spent / seconds) : 0;
}
