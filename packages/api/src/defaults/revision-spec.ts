import type { DefaultsConfig } from '../config/defaults.ts';
import type { ServingConfig } from '../config/serving-config.ts';
import type { Container, ResourceRequirements, VolumeMount } from '../core.ts';
import type { ObjectMeta } from '../meta.ts';
import { servingContainer } from '../pod/serving-container.ts';
import type { RevisionSpec } from '../serving.ts';
import { nameContainers } from './container-names.ts';
import { defaultProbes } from './probes.ts';
import { secureContainer } from './security.ts';

export interface DefaultsContext {
  readonly config: Pick<ServingConfig, 'defaults' | 'features' | 'network' | 'autoscaler'>;
  /** Some defaults are for new objects only. */
  readonly isCreate: boolean;
}

/** A RevisionSpec with its defaults (serving-api.md, section 6). `parent` is the metadata of the object that holds it. */
export function defaultRevisionSpec(
  spec: RevisionSpec,
  { config, isCreate }: DefaultsContext,
  parent: ObjectMeta,
): RevisionSpec {
  const { defaults, features } = config;
  const named = { ...spec, ...nameContainers(spec, defaults, parent) };
  const serving = servingContainer(named);
  const writable = writableVolumes(named);
  const secure = (container: Container): Container =>
    secureContainer(container, named, features['secure-pod-defaults']);
  const links = isCreate ? (spec.enableServiceLinks ?? defaults.enableServiceLinks) : spec.enableServiceLinks;
  return {
    ...named,
    ...defaultTimes(spec, defaults),
    ...(links === undefined ? {} : { enableServiceLinks: links }),
    containerConcurrency: spec.containerConcurrency ?? defaults.containerConcurrency,
    containers: named.containers.map((container) => {
      const complete = defaultProbes(container, { serving: container === serving });
      return secure({ ...withReadOnlyMounts(complete, writable), resources: withResources(container, defaults) });
    }),
    ...(named.initContainers && { initContainers: named.initContainers.map(secure) }),
  };
}

function defaultTimes(spec: RevisionSpec, defaults: DefaultsConfig): Partial<RevisionSpec> {
  const timeoutSeconds = spec.timeoutSeconds || defaults.revisionTimeoutSeconds;
  const unlessLonger = (own: number | undefined, byDefault: number): number | undefined =>
    own ?? (byDefault !== 0 && byDefault < timeoutSeconds ? byDefault : undefined);
  const start = unlessLonger(spec.responseStartTimeoutSeconds, defaults.responseStartTimeoutSeconds);
  const idle = unlessLonger(spec.idleTimeoutSeconds, defaults.idleTimeoutSeconds);
  return {
    timeoutSeconds,
    ...(start === undefined ? {} : { responseStartTimeoutSeconds: start }),
    ...(idle === undefined ? {} : { idleTimeoutSeconds: idle }),
  };
}

function withResources({ resources = {} }: Container, { resources: byDefault }: DefaultsConfig): ResourceRequirements {
  const complete = (what: 'requests' | 'limits'): ResourceRequirements => {
    const all = Object.entries({ ...byDefault[what], ...resources[what] });
    // A quantity written as a number is stored as text.
    return all.length === 0 ? {} : { [what]: Object.fromEntries(all.map(([name, amount]) => [name, String(amount)])) };
  };
  return { ...resources, ...complete('requests'), ...complete('limits') };
}

function writableVolumes({ volumes = [] }: RevisionSpec): ReadonlySet<string> {
  const writable = volumes.filter(
    (volume) => volume['emptyDir'] ?? volume['persistentVolumeClaim'] ?? volume['ephemeral'],
  );
  return new Set(writable.map(({ name }) => name));
}

/** What is not made for writing cannot be written, so it is mounted read only whatever the user said. */
function withReadOnlyMounts(container: Container, writable: ReadonlySet<string>): Container {
  const mount = (volumeMount: VolumeMount): VolumeMount =>
    writable.has(volumeMount.name) ? volumeMount : { ...volumeMount, readOnly: true };
  return container.volumeMounts ? { ...container, volumeMounts: container.volumeMounts.map(mount) } : container;
}
