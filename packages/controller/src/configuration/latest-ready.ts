import { type Configuration, type Revision, keys } from '@ebb/api';
import { isReady } from '@ebb/kube';
import { revisionNameOf } from './resources.ts';

/**
 * The newest ready Revision that may serve as the latest: none older than the present one, none newer than the
 * Configuration, an own-named target before all others (serving-api.md, section 15). `undefined` if none is ready.
 */
export function findLatestReady(configuration: Configuration, revisions: readonly Revision[]): Revision | undefined {
  const target = configuration.spec.template.metadata?.name;
  const [oldest, newest] = generationsOf(configuration, revisions);
  const rank = (revision: Revision): number => (isNamed(revision, target) ? Infinity : generationOf(revision));
  const inRange = (revision: Revision): boolean => {
    const generation = generationOf(revision);
    return isNamed(revision, target) || (oldest <= generation && generation <= newest);
  };
  return revisions
    .filter(inRange)
    .toSorted((a, b) => rank(b) - rank(a))
    .find(isReady);
}

function generationsOf({ metadata, status }: Configuration, revisions: readonly Revision[]): [number, number] {
  const latest = revisions.find(({ metadata: { name } }) => name === status?.latestReadyRevisionName);
  return [latest ? generationOf(latest) : 0, metadata.generation ?? 0];
}

/**
 * True if an own-named Revision may stand for the Configuration's present template: it is of this generation, or says
 * the same.
 */
export function isRevisionOf(
  revision: Revision,
  configuration: Configuration,
  sameSpec: (a: Revision['spec'], b: Revision['spec']) => boolean,
): boolean {
  const controller = revision.metadata.ownerReferences?.find((owner) => owner.controller);
  if (controller?.uid !== configuration.metadata.uid) return false;
  const sameGeneration = generationOf(revision) === configuration.metadata.generation;
  return sameGeneration || sameSpec(revision.spec, configuration.spec.template.spec);
}

/** True if the Revision is the one the Configuration's present generation is to have. */
export function isCurrent(revision: Revision, configuration: Configuration): boolean {
  return configuration.spec.template.metadata?.name
    ? revision.metadata.name === revisionNameOf(configuration)
    : generationOf(revision) === configuration.metadata.generation;
}

function isNamed({ metadata }: Revision, name: string | undefined): boolean {
  return name !== undefined && metadata.name === name;
}

/** The Configuration's generation a Revision was made for; 0 if it does not say. */
function generationOf({ metadata }: Revision): number {
  return Number(metadata.labels?.[keys.configurationGeneration]) || 0;
}
