import { type Configuration, type Revision, type RevisionSpec, keys } from '@ebb/api';
import { controllerOf, deepEqual, isReady } from '@ebb/kube';

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
 * True if the own name of the Configuration's template belongs to a Revision that cannot stand for it: another's, or one
 * made for another generation that does not say the same.
 */
export function isNameTaken(revision: Revision | undefined, configuration: Configuration): boolean {
  if (!revision) return false;
  if (controllerOf(revision)?.uid !== configuration.metadata.uid) return true;
  const sameGeneration = generationOf(revision) === configuration.metadata.generation;
  return !sameGeneration && !saysSame(configuration.spec.template.spec, revision.spec);
}

/** `enableServiceLinks` is defaulted on creation only: an edited template without it still means what its Revision has. */
function saysSame(template: RevisionSpec, { enableServiceLinks, ...spec }: RevisionSpec): boolean {
  const links = template.enableServiceLinks ?? enableServiceLinks;
  return deepEqual({ ...template, enableServiceLinks: links }, { ...spec, enableServiceLinks });
}

/**
 * True for the Revision that a Configuration has made last, also before its status says so: the one of the template's own
 * name, of the present generation, or of a later one that has not been seen yet.
 */
export function isLatestCreated(revision: Revision, { metadata, spec, status }: Configuration): boolean {
  return (
    isNamed(revision, status?.latestCreatedRevisionName) ||
    isNamed(revision, spec.template.metadata?.name) ||
    generationOf(revision) >= (metadata.generation ?? Infinity)
  );
}

function isNamed({ metadata }: Revision, name: string | undefined): boolean {
  return name !== undefined && metadata.name === name;
}

/** The Configuration's generation a Revision was made for; 0 if it does not say. */
function generationOf({ metadata }: Revision): number {
  return Number(metadata.labels?.[keys.configurationGeneration]) || 0;
}
