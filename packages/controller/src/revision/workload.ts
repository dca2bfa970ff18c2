import type { Condition, ConditionStatus, Pod, PodAutoscaler } from '@ebb/api';
import { conditionOf } from '@ebb/kube';
import { isInstance, isPodReady, podFailure, readinessMessage } from './pod-failure.ts';

/** What a condition is to say. */
export interface Verdict {
  readonly status: ConditionStatus;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
}

/** What is seen of a Revision's workload. */
export interface Observation {
  readonly pods: readonly Pod[];
  /** Absent right after creation. */
  readonly podAutoscaler: PodAutoscaler | undefined;
  /** What the Revision said before this look. */
  readonly before: {
    readonly resourcesAvailable: Condition | undefined;
    readonly containerHealthy: Condition | undefined;
  };
  /** When the Revision was created, in milliseconds since the epoch. */
  readonly createdMs: number;
  readonly progressDeadlineMs: number;
  readonly alwaysSchedulable: boolean;
  /** How an instance shows that it is ready, for people. */
  readonly probe: string;
}

export interface WorkloadVerdict {
  readonly resourcesAvailable: Verdict;
  readonly containerHealthy: Verdict;
  /** Failed while instances are wanted and none is ready. */
  readonly failing: boolean;
  /** When to look again though nothing may have changed: the end of the progress deadline. */
  readonly lookAgainMs?: number | undefined;
}

const fine: Verdict = { status: 'True' };
const deploying: Verdict = { status: 'Unknown', reason: 'Deploying' };

/**
 * Whether a Revision's instances come up (serving-api.md, section 16.2 and 16.3), from its Pods and its PodAutoscaler. A
 * failure once seen stays until an instance is ready, so that it is neither lost when the instances are taken away nor
 * flickers while they try again.
 *
 * | seen | ResourcesAvailable | ContainerHealthy |
 * |---|---|---|
 * | an instance ready, initial scale reached before | True | True |
 * | an instance ready, initial scale not reached | Unknown `Deploying` | True |
 * | a Pod that says why it fails | False with its reason, or as before | False `ExitCode<n>`, or as before |
 * | no Pod, for the cluster refuses it | False `FailedCreate` | as before |
 * | progress deadline over | False `ProgressDeadlineExceeded` | as before |
 * | given up before the initial scale | False `ProgressDeadlineExceeded` | as before |
 * | no failure, initial scale reached before | True | True |
 * | none of these | Unknown `Deploying` | Unknown `Deploying` |
 */
export function judgeWorkload(observation: Observation, now: number): WorkloadVerdict {
  const { podAutoscaler } = observation;
  const initialized = conditionOf(podAutoscaler?.status, 'ScaleTargetInitialized')?.status === 'True';
  const usual = initialized ? fine : deploying;
  // Mostly one of the first, of maybe thousands.
  if (observation.pods.some((pod) => isInstance(pod) && isPodReady(pod)))
    return { resourcesAvailable: usual, containerHealthy: fine, failing: false };
  const instances = observation.pods.filter(isInstance);
  const deadlineMs = progressDeadline(observation);
  const { resourcesAvailable, containerHealthy } = {
    ...kept(observation),
    ...findFailure(observation, instances, now),
  };
  return {
    resourcesAvailable: resourcesAvailable ?? usual,
    containerHealthy: containerHealthy ?? usual,
    failing: (resourcesAvailable ?? containerHealthy) !== undefined && areWanted(observation, instances),
    ...(deadlineMs !== undefined && deadlineMs > now ? { lookAgainMs: deadlineMs } : {}),
  };
}

interface Failures {
  readonly resourcesAvailable?: Verdict;
  readonly containerHealthy?: Verdict;
}

/** Failures known from before. */
function kept({ before: { resourcesAvailable, containerHealthy } }: Observation): Failures {
  return {
    ...(resourcesAvailable?.status === 'False' ? { resourcesAvailable } : {}),
    ...(containerHealthy?.status === 'False' ? { containerHealthy } : {}),
  };
}

/** The failure to be told: what a Pod says, else that time is up. */
function findFailure(observation: Observation, instances: readonly Pod[], now: number): Failures {
  for (const pod of instances.toSorted(byName)) {
    const failure = podFailure(pod, observation);
    if (!failure) continue;
    const verdict: Verdict = { status: 'False', reason: failure.reason, message: failure.message };
    return failure.condition === 'ContainerHealthy' ? { containerHealthy: verdict } : { resourcesAvailable: verdict };
  }
  const refused = instances.length === 0 ? refusedCreation(observation) : undefined;
  if (refused) return { resourcesAvailable: refused };
  const before = kept(observation);
  if (before.resourcesAvailable ?? before.containerHealthy) return {};
  const deadlineMs = progressDeadline(observation);
  if (deadlineMs !== undefined && deadlineMs <= now) return timedOut(overdueMessage(observation, instances));
  return wasGivenUp(observation) ? timedOut('Initial scale was never achieved') : {};
}

/** The autoscaler wants instances and may not make them: a quota is used up, or the Pod would not be valid. */
function refusedCreation({ podAutoscaler }: Observation): Verdict | undefined {
  const active = conditionOf(podAutoscaler?.status, 'Active');
  if (active?.status === 'True' || active?.reason !== 'FailedCreate') return undefined;
  // Each try has a name of its own, and is no news.
  return { status: 'False', reason: active.reason, message: active.message?.replace(podName, '$1') };
}

const podName = /\b(pods?) "[^"]*"/i;

function timedOut(message: string): Failures {
  return { resourcesAvailable: { status: 'False', reason: 'ProgressDeadlineExceeded', message } };
}

function overdueMessage({ progressDeadlineMs, probe }: Observation, instances: readonly Pod[]): string {
  const seconds = `${Math.round(progressDeadlineMs / 1000)}s`;
  if (instances.length === 0) return `No instance was started within ${seconds}`;
  const why = instances.map(readinessMessage).find((message) => message !== '');
  return `No instance became ready within ${seconds} (readiness probe: ${probe})${why ? `: ${why}` : ''}`;
}

/** When time is up for an instance to become ready; `undefined` while none is waited for. */
function progressDeadline({ podAutoscaler, createdMs, progressDeadlineMs }: Observation): number | undefined {
  const active = conditionOf(podAutoscaler?.status, 'Active');
  if (!active) return createdMs + progressDeadlineMs;
  if (active.status !== 'Unknown') return undefined;
  const sinceMs = Date.parse(active.lastTransitionTime ?? '');
  return (Number.isNaN(sinceMs) ? createdMs : sinceMs) + progressDeadlineMs;
}

/** The autoscaler has stopped trying before the initial scale was reached. */
function wasGivenUp({ podAutoscaler }: Observation): boolean {
  const initialized = conditionOf(podAutoscaler?.status, 'ScaleTargetInitialized')?.status === 'True';
  return !initialized && conditionOf(podAutoscaler?.status, 'Ready')?.status === 'False';
}

function areWanted({ podAutoscaler }: Observation, instances: readonly Pod[]): boolean {
  const desired = podAutoscaler?.status?.desiredScale ?? -1;
  return desired > 0 || (desired < 0 && instances.length > 0);
}

function byName(a: Pod, b: Pod): number {
  return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1;
}
