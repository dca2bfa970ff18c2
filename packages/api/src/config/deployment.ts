import { type ConfigData, readConfig } from './data.ts';

/** The ConfigMap `config-deployment`, as far as it concerns pods without a sidecar (serving-api.md, section 12). */
export interface DeploymentConfig {
  /** Time a Revision has to become ready. */
  readonly progressDeadlineMs: number;
  readonly digestResolutionTimeoutMs: number;
  /** Registries whose images keep their tag. */
  readonly registriesSkippingTagResolving: ReadonlySet<string>;
  readonly podIsAlwaysSchedulable: boolean;
  readonly defaultAffinityType: 'prefer-spread-revision-over-nodes' | 'none';
}

const sidecarQuantities = ['cpu', 'memory', 'ephemeral-storage'].flatMap((resource) => [
  `queue-sidecar-${resource}-request`,
  `queue-sidecar-${resource}-limit`,
]);

/** Reads `config-deployment`; throws an `Error` with key, value and legal range. What is for the sidecar is only checked. */
export function parseDeploymentConfig(data: ConfigData = {}): DeploymentConfig {
  const read = readConfig(data);
  for (const key of sidecarQuantities) read.quantity(key);
  return {
    progressDeadlineMs: read.durationMs('progress-deadline', 600_000, {
      holds: (ms) => ms > 0 && ms % 1000 === 0,
      must: 'a whole number of seconds, more than 0s',
    }),
    digestResolutionTimeoutMs: read.durationMs('digest-resolution-timeout', 10_000, {
      holds: (ms) => ms > 0,
      must: 'more than 0s',
    }),
    registriesSkippingTagResolving: new Set(
      read
        .text('registries-skipping-tag-resolving', 'kind.local,ko.local,dev.local')
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
  };
}
