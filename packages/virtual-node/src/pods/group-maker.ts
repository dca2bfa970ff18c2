import { type KubeClient, type Node, type Pod, type PodStatus, resources } from '@ebb/api';
import type { Clock } from '@ebb/base';
import { type ReconcileResult, toTimestamp } from '@ebb/kube';
import type { Eci } from '../eci/eci.ts';
import { EciError, isMadeBefore, isNoRoom } from '../eci/error.ts';
import { makeContainerGroup } from './container-group.ts';
import { groupResources } from './group-resources.ts';
import { MissingReference, Unsupported } from './missing.ts';
import { createPullSecrets } from './pull-secrets.ts';
import { fetchReferences } from './references.ts';
import { refusedStatus, unschedulableStatus } from './refused-status.ts';
import { unschedulable } from './unschedulable.ts';

interface MakerOptions {
  readonly client: KubeClient;
  readonly eci: Pick<Eci, 'create'>;
  /** The Node as it was registered; asked of the API server only if a pod wants labels that this one has not. */
  readonly node: () => Node;
  readonly claimsAreLocal: boolean;
  readonly clock: Clock;
}

/** The group's id; or why there is none, what to tell of it, and when to try again: an error is for the back-off. */
export type Made =
  | { readonly id: string }
  | {
      readonly status?: PodStatus;
      readonly event?: { readonly reason: string; readonly message: string };
      readonly retry: ReconcileResult | Error | undefined;
    };

export type GroupMaker = ReturnType<typeof createGroupMaker>;

const retryMissingMs = 2_000;
const retryNoRoomMs = 30_000;
const retryRefusedMs = 60_000;
/** The listing that shows the group is on its way. */
const retryMadeMs = 1_000;

/** Makes the groups of pods. */
export function createGroupMaker(options: MakerOptions): { make(pod: Pod, signal: AbortSignal): Promise<Made> } {
  const { client, eci, claimsAreLocal, clock } = options;
  const pullSecretsOf = createPullSecrets(client, clock);
  const make = async (pod: Pod, signal: AbortSignal): Promise<Made> => {
    const now = clock.now();
    try {
      const node = await nodeFor(pod, options, signal);
      const message = unschedulable(pod, {
        size: groupResources(pod.spec),
        labels: node.metadata.labels ?? {},
      });
      if (message !== undefined) return noRoom(pod, message, now);
      return {
        id: await eci.create(
          makeContainerGroup(pod, await fetchReferences(client, pod, { now, claimsAreLocal, pullSecretsOf, signal })),
        ),
      };
    } catch (error) {
      return refused(pod, error, now);
    }
  };
  return { make };
}

/** Labels may have been added by others: the API server is asked when ours do not do. */
async function nodeFor({ spec }: Pod, { client, node }: MakerOptions, signal: AbortSignal): Promise<Node> {
  const own = node();
  const labels = own.metadata.labels ?? {};
  if (Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value)) return own;
  return client.get(resources.nodes, { name: own.metadata.name ?? '' }, { signal });
}

function refused(pod: Pod, error: unknown, nowMs: number): Made {
  const now = toTimestamp(nowMs);
  if (error instanceof MissingReference) {
    const reason = error.container === undefined ? 'FailedMount' : 'Failed';
    const message = error.container === undefined ? error.message : `Error: ${error.message}`;
    return {
      status: refusedStatus(pod, error, now),
      event: { reason, message },
      retry: { requeueAfterMs: retryMissingMs },
    };
  }
  if (error instanceof Unsupported) {
    const event = { reason: 'ProviderCreateFailed', message: error.message };
    return { status: refusedStatus(pod, error, now), event, retry: undefined };
  }
  if (!(error instanceof EciError)) throw error;
  const said = `${error.code}: ${error.message}`;
  if (isMadeBefore(error)) return { retry: { requeueAfterMs: retryMadeMs } };
  if (isNoRoom(error))
    return noRoom(pod, `0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory. ${said}`, nowMs);
  const retry = {
    'back-off': error,
    'wait-for-a-person': { requeueAfterMs: retryRefusedMs },
    'change-request': undefined,
  };
  const event = { reason: 'ProviderCreateFailed', message: said };
  return { status: refusedStatus(pod, error, now), event, retry: retry[error.remedy] };
}

function noRoom(pod: Pod, message: string, nowMs: number): Made {
  return {
    status: unschedulableStatus(pod, message, toTimestamp(nowMs)),
    event: { reason: 'FailedScheduling', message },
    retry: { requeueAfterMs: retryNoRoomMs },
  };
}
