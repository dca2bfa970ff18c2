import { type Configuration, type Revision, type Route, type TrafficTarget, keys, protocolOf } from '@ebb/api';
import { isFailed, isReady } from '@ebb/kube';

/** Where traffic targets are looked up: the Route's own namespace. */
export interface TrafficSources {
  configuration(name: string): Configuration | undefined;
  revision(name: string): Revision | undefined;
}

/** A traffic target whose revision is known and ready. */
export interface ResolvedTarget {
  /** `''` for a target without one. */
  readonly tag: string;
  readonly revisionName: string;
  readonly configurationName: string;
  /** Share of the whole Route, 0 to 100. */
  readonly percent: number;
  readonly latestRevision: boolean;
  readonly protocol: 'http1' | 'h2c';
}

/** Why a target cannot take traffic; what `AllTrafficAssigned` then says. */
export interface TrafficProblem {
  readonly status: 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

export type TrafficResolution =
  | { readonly targets: readonly ResolvedTarget[]; readonly problem?: undefined }
  | { readonly targets?: undefined; readonly problem: TrafficProblem };

type Outcome = { readonly target: ResolvedTarget } | { readonly problem: TrafficProblem };

/**
 * Finds the revision of every target (serving-api.md, section 19.1). A failure outweighs what is merely pending; of
 * failures the last one is told, of pending ones the first.
 */
export function resolveTraffic(route: Route, sources: TrafficSources): TrafficResolution {
  const targets: ResolvedTarget[] = [];
  let problem: TrafficProblem | undefined;
  for (const target of route.spec.traffic ?? []) {
    const outcome = resolveTarget(target, route, sources);
    if ('target' in outcome) targets.push(outcome.target);
    else if (!problem || outcome.problem.status === 'False') problem = outcome.problem;
  }
  return problem ? { problem } : { targets };
}

function resolveTarget(target: TrafficTarget, route: Route, sources: TrafficSources): Outcome {
  const { revisionName, configurationName } = target;
  return revisionName
    ? resolveRevision(target, revisionName, route, sources)
    : resolveConfiguration(target, configurationName ?? '', sources);
}

function resolveRevision(target: TrafficTarget, name: string, route: Route, sources: TrafficSources): Outcome {
  const revision = sources.revision(name);
  if (!revision) return missing('Revision', name);
  const service = route.metadata.labels?.[keys.service];
  if (service && revision.metadata.labels?.[keys.service] !== service) return notOwned(name, service);
  if (!isReady(revision)) return unready(revision);
  const configurationName = revision.metadata.labels?.[keys.configuration] ?? '';
  if (!sources.configuration(configurationName)) return missing('Configuration', configurationName);
  return { target: resolved(target, revision, configurationName) };
}

function resolveConfiguration(target: TrafficTarget, name: string, sources: TrafficSources): Outcome {
  const configuration = sources.configuration(name);
  if (!configuration) return missing('Configuration', name);
  const latest = configuration.status?.latestReadyRevisionName;
  if (!latest) return neverReady(configuration);
  const revision = sources.revision(latest);
  if (!revision) return missing('Revision', latest);
  return isReady(revision) ? { target: resolved(target, revision, name) } : unready(revision);
}

function resolved(target: TrafficTarget, revision: Revision, configurationName: string): ResolvedTarget {
  return {
    tag: target.tag ?? '',
    revisionName: revision.metadata.name ?? '',
    configurationName,
    percent: target.percent ?? 0,
    latestRevision: !target.revisionName,
    protocol: protocolOf(revision.spec),
  };
}

function missing(kind: 'Configuration' | 'Revision', name: string): Outcome {
  return failure(`${kind}Missing`, `${kind} "${name}" referenced in traffic not found.`);
}

function notOwned(name: string, service: string): Outcome {
  return failure('RevisionNotOwned', `Revision "${name}" does not belong to Service "${service}".`);
}

function neverReady(configuration: Configuration): Outcome {
  const { name } = configuration.metadata;
  return isFailed(configuration)
    ? failure('RevisionMissing', `Configuration "${name}" does not have any ready Revision.`)
    : pending('RevisionMissing', `Configuration "${name}" is waiting for a Revision to become ready.`);
}

function unready(revision: Revision): Outcome {
  const { name } = revision.metadata;
  return isFailed(revision)
    ? failure('RevisionMissing', `Revision "${name}" failed to become ready.`)
    : pending('RevisionMissing', `Revision "${name}" is not yet ready.`);
}

function failure(reason: string, message: string): Outcome {
  return { problem: { status: 'False', reason, message } };
}

function pending(reason: string, message: string): Outcome {
  return { problem: { status: 'Unknown', reason, message } };
}
