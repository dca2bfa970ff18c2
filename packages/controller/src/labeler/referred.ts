import { type Configuration, type Revision, type Route, keys } from '@ebb/api';

/** Names of what a Route refers to, in its own namespace. */
export interface Referred {
  readonly configurations: ReadonlySet<string>;
  readonly revisions: ReadonlySet<string>;
}

interface Sources {
  configuration(name: string): Configuration | undefined;
  revision(name: string): Revision | undefined;
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
      const latest = sources.configuration(configurationName)?.status?.latestCreatedRevisionName;
      if (latest) revisions.add(latest);
    }
  }
  return { configurations, revisions };
}
