import { type Configuration, type Revision, keys } from '@ebb/api';
import { toTimestamp } from '@ebb/kube';
import { formatNames, parseNames } from '../metadata.ts';

/** Holds a Route until nothing carries its name any more. */
export const routeFinalizer = 'routes.serving.knative.dev';

/** A merge patch of metadata; `resourceVersion` makes it fail if somebody else was quicker. */
export interface MetadataPatch {
  readonly metadata: {
    readonly resourceVersion?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string | null>>;
  };
}

/** Adds a Route's name to the list on an object, or takes it away; `undefined` if the list is right already. */
export function patchRoutes(
  { metadata }: Configuration | Revision,
  route: string,
  referred: boolean,
): MetadataPatch | undefined {
  const present = metadata.annotations?.[keys.routes];
  const others = parseNames(present).filter((name) => name !== route);
  const routes = formatNames(referred ? [...others, route] : others);
  if (routes === present) return undefined;
  return {
    metadata: {
      ...(metadata.resourceVersion ? { resourceVersion: metadata.resourceVersion } : {}),
      annotations: { [keys.routes]: routes ?? null },
    },
  };
}

/** The same for a Revision, whose routing state follows from whether any Route is left. */
export function patchRevision(
  revision: Revision,
  { route, referred, now }: { readonly route: string; readonly referred: boolean; readonly now: number },
): MetadataPatch | undefined {
  const { annotations, labels, resourceVersion } = revision.metadata;
  const patch = patchRoutes(revision, route, referred);
  const routes = patch ? patch.metadata.annotations[keys.routes] : annotations?.[keys.routes];
  const state = routes ? 'active' : 'reserve';
  if (labels?.[keys.routingState] === state || (!patch && !routes)) return patch;
  return {
    metadata: {
      ...(resourceVersion ? { resourceVersion } : {}),
      labels: { [keys.routingState]: state },
      annotations: { ...patch?.metadata.annotations, [keys.routingStateModified]: toTimestamp(now) },
    },
  };
}
