import { type Configuration, type Revision, type Route, keys } from '@ebb/api';
import { isLatestCreated } from '../configuration/latest-ready.ts';

/** Names of what a Route refers to, in its own namespace. */
export interface Referred {
  readonly configurations: ReadonlySet<string>;
  readonly revisions: ReadonlySet<string>;
}

interface Sources {
  configuration(name: string): Configuration | undefined;
  revision(name: string): Revision | undefined;
  /** Those that belong to a Configuration. */
  revisionsOf(configuration: Configuration): readonly Revision[];
}

/**
 * What a Route's wanted and present traffic refers to: Revisions with their Configurations, Configurations with their latest
 * created Revision, so that it counts as reachable from its start (serving-api.md, section 21).
 */
export function findReferred(route: Route, sources: Sources): Referred {
  const configurations = new Set<string>();
  const revisions = new Set<string>();
  for (const { configurationName, revisionName } of [...(route.spec.traffic ?? []), ...(route.status?.traffic ?? [])]) {
    if (revisionName) {
      revisions.add(revisionName);
      const parent = sources.revision(revisionName)?.metadata.labels?.[keys.configuration];
      if (parent) configurations.add(parent);
    } else if (configurationName) {
      configurations.add(configurationName);
      const configuration = sources.configuration(configurationName);
      for (const name of latestOf(configuration, sources)) revisions.add(name);
    }
  }
  return { configurations, revisions };
}

/** The latest created Revision, by the Configuration's status and by the Revisions there are: either may be ahead of the other. */
function latestOf(configuration: Configuration | undefined, sources: Sources): string[] {
  if (!configuration) return [];
  const told = configuration.status?.latestCreatedRevisionName;
  const found = sources.revisionsOf(configuration).filter((revision) => isLatestCreated(revision, configuration));
  return [...(told ? [told] : []), ...found.map(({ metadata: { name = '' } }) => name)];
}
