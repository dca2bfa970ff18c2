import { type KubeClient, type Node, type Pod, type PodStatus, resources } from '@ebb/api';
import type { Clock } from '@ebb/base';
import { type ReconcileResult, controllerOf, toTimestamp } from '@ebb/kube';
import type { CreateGroup, Eci } from '../eci/eci.ts';
import { EciError, isAboutSpec, isMadeBefore, isZoneOut } from '../eci/error.ts';
import { AnnotationError } from '../profile/annotations.ts';
import { type Effects, effectsOn } from '../profile/effects.ts';
import type { EciProfile, Labels } from '../profile/profile.ts';
import { type Attempt, type FailStrategy, type GroupSettings, readSettings } from '../profile/settings.ts';
import { makeContainerGroup } from './container-group.ts';
import { groupResources } from './group-resources.ts';
import { madeEvents } from './made-events.ts';
import { MissingReference, Unsupported } from './missing.ts';
import type { PodEvent } from './pod-event.ts';
import { createPullSecrets } from './pull-secrets.ts';
import { fetchReferences } from './references.ts';
import { refusedStatus, unschedulableStatus } from './refused-status.ts';
import { createServiceVariables } from './service-variables.ts';
import { unschedulable } from './unschedulable.ts';

/** The zone a node's groups are made in, as far as its stock is known. */
export interface Zone {
  /** vSwitches there, in order of preference. */
  readonly vSwitchIds: readonly string[];
  /** An instance was to be had. */
  served(): void;
  /** None was; `message` says of what. */
  refused(message: string): void;
  /** True if pods may be had elsewhere. */
  hasAlternative(): boolean;
}

interface MakerOptions {
  readonly client: KubeClient;
  readonly eci: Pick<Eci, 'create' | 'createTurn'>;
  /** The Node as it was registered; asked of the API server only if a pod wants labels that this one has not. */
  readonly node: () => Node;
  readonly zone: Zone;
  readonly profile: () => EciProfile;
  /** Labels of a namespace. */
  readonly namespaceLabels: (namespace: string, signal: AbortSignal) => Promise<Labels>;
  readonly claimsAreLocal: boolean;
  readonly clock: Clock;
}

/** Which of a pod's specs its group was asked for by. */
export interface UsedAttempt {
  /** The one to begin with if ECI has no instance for the group after all. */
  readonly next: number;
  /** There was no other after it. */
  readonly isLast: boolean;
}

/** The group's id; or why there is none, and when to try again: an error is for the back-off. */
export type Made =
  | {
      readonly id: string;
      readonly attempt: UsedAttempt;
      readonly effects?: Effects;
      readonly events: readonly PodEvent[];
    }
  | {
      readonly status?: PodStatus;
      readonly events: readonly PodEvent[];
      readonly retry: ReconcileResult | Error | undefined;
    };

export type GroupMaker = ReturnType<typeof createGroupMaker>;

/** What is missing may come soon, or be forgotten: the longer it is awaited, the more seldom it is looked for. */
const retryMissingMs = { least: 2_000, most: 30_000, ofAge: 0.1 } as const;
const retryNoRoomMs = 30_000;
const retryRefusedMs = 60_000;
const retryWrongMs = 300_000;
/** The listing that shows the group is on its way. */
const retryMadeMs = 1_000;
/** No listing takes so long: what ECI knows the token of is a call that it refused. */
const madePatienceMs = 60_000;

interface MakeOptions {
  readonly signal: AbortSignal;
  /** The first of the pod's specs to ask for. Default 0. */
  readonly from?: number | undefined;
}

/** Makes the groups of pods. */
export function createGroupMaker(options: MakerOptions): { make(pod: Pod, how: MakeOptions): Promise<Made> } {
  const { client, eci, clock, zone } = options;
  const pullSecretsOf = createPullSecrets(client, clock);
  const serviceVariablesOf = createServiceVariables(client, clock);
  /** Since when ECI has known the tokens of pods that have no group, by UID. */
  const knownSinceMs = new Map<string, number>();
  const make = async (pod: Pod, { signal, from = 0 }: MakeOptions): Promise<Made> => {
    const now = clock.now();
    const { uid = '' } = pod.metadata;
    const waitMs = eci.createTurn(uid);
    if (waitMs > 0) return { events: [], retry: { requeueAfterMs: waitMs } };
    let settings: GroupSettings | undefined;
    try {
      const node = await nodeFor(pod, options, signal);
      const labels = node.metadata.labels ?? {};
      const message = unschedulable(pod, { size: groupResources(pod.spec), labels });
      if (message !== undefined) return noRoom(pod, message, now);
      const marked = await settingsFor(pod, options, signal);
      const { effects } = marked;
      ({ settings } = marked);
      const { claimsAreLocal } = options;
      const lookup = await fetchReferences(client, pod, {
        now,
        claimsAreLocal,
        pullSecretsOf,
        serviceVariablesOf,
        signal,
      });
      const group = makeContainerGroup(pod, lookup);
      const sinceMs = knownSinceMs.get(uid) ?? now;
      const asked = now - sinceMs < madePatienceMs ? group : { ...group, clientToken: otherToken(group, sinceMs) };
      const { id, used, attempt } = await tryEach(asked, { ...settings, from }, options);
      knownSinceMs.delete(uid);
      return {
        id,
        attempt,
        ...(hasAny(effects) ? { effects } : {}),
        events: madeEvents(pod, { lookup, settings, used }),
      };
    } catch (error) {
      if (!isMadeBefore(error)) return refused(pod, error, { nowMs: now, zone, settings });
      if (!knownSinceMs.has(uid)) knownSinceMs.set(uid, now);
      return { events: [], retry: { requeueAfterMs: retryMadeMs } };
    }
  };
  return { make };
}

/** At most 64 characters: what goes before has up to 57. */
function otherToken({ clientToken = '' }: CreateGroup, sinceMs: number): string {
  return `${clientToken}-${Math.floor(sinceMs / 1000)
    .toString(36)
    .slice(-6)}`;
}

async function settingsFor(
  pod: Pod,
  { profile, namespaceLabels }: MakerOptions,
  signal: AbortSignal,
): Promise<{ effects: Effects; settings: GroupSettings }> {
  const { labels = {}, annotations = {}, namespace = '' } = pod.metadata;
  const marks = { labels, annotations, namespaceLabels: await namespaceLabels(namespace, signal) };
  const effects = effectsOn(marks, profile());
  const settings = readSettings({ ...effects.annotations, ...annotations }, profile(), groupResources(pod.spec));
  return { effects, settings };
}

/** Asks for one spec after the other, as long as another might be had. Rejects with the last refusal. */
async function tryEach(
  group: CreateGroup,
  { attempts, fields, from }: GroupSettings & { readonly from: number },
  { eci, zone }: MakerOptions,
): Promise<{ id: string; used: Attempt; attempt: UsedAttempt }> {
  const { cpu: _cpu, memory: _memory, ...rest } = group;
  const vSwitchId = zone.vSwitchIds.join(',');
  const tag = [...(group.tag ?? []), ...(fields.tag ?? [])];
  let refusal: unknown = new Error('there is nothing to ask for');
  for (const [index, used] of attempts.entries()) {
    if (index < from % attempts.length) continue;
    try {
      const id = await eci.create({ ...(vSwitchId ? { vSwitchId } : {}), ...rest, ...fields, tag, ...used });
      zone.served();
      const isLast = index === attempts.length - 1;
      return { id, used, attempt: { next: isLast ? 0 : index + 1, isLast } };
    } catch (error) {
      refusal = error;
      if (!(error instanceof EciError) || !isAboutSpec(error)) break;
    }
  }
  throw refusal;
}

/** Labels may have been added by others: the API server is asked when ours do not do. */
async function nodeFor({ spec }: Pod, { client, node }: MakerOptions, signal: AbortSignal): Promise<Node> {
  const own = node();
  const labels = own.metadata.labels ?? {};
  if (Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value)) return own;
  return client.get(resources.nodes, { name: own.metadata.name ?? '' }, { signal });
}

interface Circumstances {
  readonly nowMs: number;
  readonly zone: Zone;
  /** Absent if it did not come to that. */
  readonly settings: GroupSettings | undefined;
}

function refused(pod: Pod, error: unknown, { nowMs, zone, settings }: Circumstances): Made {
  const { failStrategy, attempts = [] } = settings ?? {};
  const now = toTimestamp(nowMs);
  if (error instanceof MissingReference) {
    const reason = error.container === undefined ? 'FailedMount' : 'Failed';
    const message = error.container === undefined ? error.message : `Error: ${error.message}`;
    return {
      status: refusedStatus(pod, error, now),
      events: [{ type: 'Warning', reason, message }],
      retry: { requeueAfterMs: missingRetryMs(pod, nowMs) },
    };
  }
  if (error instanceof Unsupported || error instanceof AnnotationError) {
    return { status: refusedStatus(pod, error, now), events: [failed(error.message)], retry: undefined };
  }
  if (!(error instanceof EciError)) throw error;
  const said = `${error.code}: ${error.message}`;
  if (error.remedy === 'look-elsewhere') {
    // Who wants spot only waits for spot: there may be all else.
    const isSpot = attempts.at(-1)?.spotStrategy !== undefined;
    if (isZoneOut(error) && !isSpot) zone.refused(said);
    if (failsOver(pod, zone, failStrategy ?? (isSpot ? 'fail-back' : undefined))) return failedFor(pod, error, said);
    return noRoom(pod, `0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory. ${said}`, nowMs);
  }
  if (failStrategy === 'fail-fast' && error.remedy !== 'back-off') return failedFor(pod, error, said);
  const retry = {
    'back-off': error,
    'wait-for-a-person': { requeueAfterMs: retryRefusedMs },
    'mend-credentials': { requeueAfterMs: retryRefusedMs },
    // The pod is what it is; what it names by annotation or profile may be mended.
    'change-request': { requeueAfterMs: retryWrongMs },
  };
  return { status: refusedStatus(pod, error, now), events: [failed(said)], retry: retry[error.remedy] };
}

function missingRetryMs({ metadata }: Pod, nowMs: number): number {
  const { least, most, ofAge } = retryMissingMs;
  const ageMs = nowMs - Date.parse(metadata.creationTimestamp ?? toTimestamp(nowMs));
  return Math.min(most, Math.max(least, ageMs * ofAge));
}

/** Who has somebody to make another is better off elsewhere, if there is an elsewhere. */
export function failsOver(pod: Pod, zone: Zone, strategy: FailStrategy | undefined): boolean {
  const chosen = strategy ?? (controllerOf(pod) ? 'fail-over' : 'fail-back');
  return chosen === 'fail-fast' || (chosen === 'fail-over' && zone.hasAlternative());
}

function failedFor(pod: Pod, { code }: EciError, said: string): Made {
  const reason = code.split('.').at(-1) ?? code;
  return {
    status: { ...pod.status, phase: 'Failed', reason, message: said },
    events: [{ type: 'Warning', reason: 'FailedScheduling', message: said }],
    retry: undefined,
  };
}

function noRoom(pod: Pod, message: string, nowMs: number): Made {
  return {
    status: unschedulableStatus(pod, message, toTimestamp(nowMs)),
    events: [{ type: 'Warning', reason: 'FailedScheduling', message }],
    retry: { requeueAfterMs: retryNoRoomMs },
  };
}

const failed = (message: string): PodEvent => ({ type: 'Warning', reason: 'ProviderCreateFailed', message });

function hasAny({ labels, annotations }: Effects): boolean {
  return Object.keys(labels).length + Object.keys(annotations).length > 0;
}
