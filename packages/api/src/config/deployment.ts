import { type Bound, type ConfigData, readConfig } from './data.ts';
import { type RuntimeClass, parseRuntimeClasses } from './runtime-class.ts';

/** The ConfigMap `config-deployment`, as far as it concerns pods without a sidecar (serving-api.md, section 12). */
export interface DeploymentConfig {
  /** Time a Revision has to become ready. */
  readonly progressDeadlineMs: number;
  readonly digestResolutionTimeoutMs: number;
  /** Registries whose images keep their tag. */
  readonly registriesSkippingTagResolving: ReadonlySet<string>;
  readonly podIsAlwaysSchedulable: boolean;
  readonly defaultAffinityType: 'prefer-spread-revision-over-nodes' | 'none';
  /** Runtime classes for pods that name none. */
  readonly runtimeClasses: readonly RuntimeClass[];
}

/** Key and old spelling of what the sidecar asks for. */
const sidecarQuantities = ['cpu', 'memory', 'ephemeral-storage'].flatMap((resource) =>
  ['request', 'limit'].map((what) => [
    `queue-sidecar-${resource}-${what}`,
    `queueSidecar${camelCase(resource)}${camelCase(what)}`,
  ]),
);

const deadline: Bound<number> = {
  holds: (ms) => ms > 0 && ms % 1000 === 0,
  must: 'a whole number of seconds, more than 0s',
};
const positive: Bound<number> = { holds: (ms) => ms > 0, must: 'more than 0s' };

/** Reads `config-deployment`; throws an `Error` with key, value and legal range. What is for the sidecar is only checked. */
export function parseDeploymentConfig(data: ConfigData = {}): DeploymentConfig {
  const read = readConfig(data);
  for (const spellings of sidecarQuantities) read.quantity(spellings);
  return {
    progressDeadlineMs: read.durationMs(['progress-deadline', 'progressDeadline'], 600_000, deadline),
    digestResolutionTimeoutMs: read.durationMs(
      ['digest-resolution-timeout', 'digestResolutionTimeout'],
      10_000,
      positive,
    ),
    registriesSkippingTagResolving: new Set(
      read
        .text(['registries-skipping-tag-resolving', 'registriesSkippingTagResolving'], 'kind.local,ko.local,dev.local')
        .split(',')
        .map((registry) => registry.trim())
        .filter((registry) => registry !== ''),
    ),
    podIsAlwaysSchedulable: read.bool('pod-is-always-schedulable', false),
    defaultAffinityType: read.word(
      'default-affinity-type',
      ['prefer-spread-revision-over-nodes', 'none'],
      'prefer-spread-revision-over-nodes',
    ),
    runtimeClasses: parseRuntimeClasses(data['runtime-class-name']),
  };
}

/** `ephemeral-storage` as `EphemeralStorage`, `cpu` as `CPU`. */
function camelCase(name: string): string {
  if (name === 'cpu') return 'CPU';
  return name.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
