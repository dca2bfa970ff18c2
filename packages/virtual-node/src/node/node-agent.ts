import { type Lease, type Node, isAlreadyExists, isNotFound, resources } from '@ebb/api';
import { type Clock, type Logger, linkSignals, messageOf } from '@ebb/base';
import { type KubeClient, backoffMs, deepEqual, toTimestamp } from '@ebb/kube';
import { type NodeFacts, makeNode, makeNodeStatus, taintsOf } from './node-object.ts';

interface AgentOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The facts as they are at the moment of asking. */
  readonly facts: () => NodeFacts;
}

/** Seconds a lease holds, and how often it and the status are renewed (serverless-node.md, section 1.2). */
const leaseSeconds = 40;
const renewEveryMs = 10_000;
const statusEveryMs = 60_000;
const backoff = { baseMs: 100, capMs: 7_000 };
const leaseNamespace = 'kube-node-lease';

/** Keeps the Node object and its lease alive. */
export interface NodeAgent {
  /** Registers the Node, or adopts the one that is there; tries until it succeeds or is aborted. Never rejects. */
  register(options: { readonly signal: AbortSignal }): Promise<void>;
  /** Renews lease and status until aborted. Failures are logged and tried again at the next turn. */
  run(options: { readonly signal: AbortSignal }): Promise<void>;
  /** Something the Node tells is otherwise now: it is written at once. */
  touch(): void;
}

export function createNodeAgent({ client, clock, logger, facts }: AgentOptions): NodeAgent {
  const now = (): string => toTimestamp(clock.now());

  let wake = (): void => {};
  let touched = false;

  const writeStatus = async (node: Node): Promise<void> => {
    await client.updateStatus(resources.nodes, { ...node, status: makeNodeStatus(facts(), node.status, now()) });
  };

  const registerOnce = async (): Promise<void> => {
    const wanted = makeNode(facts());
    const { labels, annotations } = wanted.metadata;
    const name = facts().nodeName;
    const node = await client.create(resources.nodes, wanted).catch(async (error: unknown) => {
      if (!isAlreadyExists(error)) throw error;
      return client.patch(
        resources.nodes,
        { name },
        { type: 'merge', body: { metadata: { labels, annotations }, spec: { providerID: wanted.spec?.providerID } } },
      );
    });
    await writeStatus(await writeSpec(node));
    await renewLease(node);
  };

  const renewLease = async ({ metadata }: Node): Promise<void> => {
    const name = facts().nodeName;
    const spec = {
      holderIdentity: name,
      leaseDurationSeconds: leaseSeconds,
      renewTime: new Date(clock.now()).toISOString().replace('Z', '000Z'),
    };
    const owner = { apiVersion: 'v1', kind: 'Node', name, uid: metadata.uid ?? '' };
    const lease: Lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, namespace: leaseNamespace, ownerReferences: [owner] },
      spec,
    };
    await client
      .patch(resources.leases, { namespace: leaseNamespace, name }, { type: 'merge', body: { spec } })
      .catch(async (error: unknown) => {
        if (!isNotFound(error)) throw error;
        await client.create(resources.leases, lease);
      });
  };

  const renew = async (withStatus: boolean): Promise<void> => {
    const node = await client.get(resources.nodes, { name: facts().nodeName });
    await renewLease(node);
    const present = await writeSpec(node);
    if (withStatus || !saysTheSame(present, makeNodeStatus(facts(), present.status, now()))) await writeStatus(present);
  };

  /** Taints and whether pods may come, where they are not as they should be. */
  const writeSpec = async (node: Node): Promise<Node> => {
    const taints = taintsOf(facts(), node.spec?.taints);
    const unschedulable = facts().isRetiring || (isRetired(node) ? false : (node.spec?.unschedulable ?? false));
    const isSame = deepEqual(taints, node.spec?.taints) && unschedulable === (node.spec?.unschedulable ?? false);
    if (isSame) return node;
    const annotations = { [retiredAnnotation]: facts().isRetiring ? 'true' : null };
    const body = { metadata: { annotations }, spec: { taints, unschedulable: unschedulable || null } };
    return client.patch(resources.nodes, { name: facts().nodeName }, { type: 'merge', body });
  };

  const register = async ({ signal }: { readonly signal: AbortSignal }): Promise<void> => {
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        return await registerOnce();
      } catch (error) {
        logger.warn({ error: messageOf(error), failures }, 'node not registered');
        await clock
          .sleep(
            backoffMs(backoff, failures, () => 0),
            { signal },
          )
          .catch(() => {}); // aborted: the loop ends
      }
    }
  };

  const pause = async (signal: AbortSignal): Promise<void> => {
    using woken = linkSignals(signal);
    wake = () => woken.abort(new DOMException('touched', 'AbortError'));
    if (!touched) await clock.sleep(renewEveryMs, { signal: woken.signal }).catch(() => {}); // woken or aborted
    touched = false;
    wake = () => {};
  };

  return {
    register,
    touch: () => {
      touched = true;
      wake();
    },
    run: async ({ signal }) => {
      for (let turn = 1; !signal.aborted; turn++) {
        await pause(signal);
        if (signal.aborted) return;
        try {
          await renew(turn % (statusEveryMs / renewEveryMs) === 0);
        } catch (error) {
          if (isNotFound(error)) await register({ signal });
          else logger.warn({ error: messageOf(error) }, 'lease not renewed');
        }
      }
    },
  };
}

/** On a Node that takes no pods because of us: somebody else's cordon is not lifted. */
const retiredAnnotation = 'ebb.dev/retired';

function isRetired({ metadata }: Node): boolean {
  return metadata.annotations?.[retiredAnnotation] === 'true';
}

/** True if the conditions are the same, but for their times. */
function saysTheSame({ status }: Node, next: NonNullable<Node['status']>): boolean {
  const said = status?.conditions ?? [];
  return (next.conditions ?? []).every(({ type, status: is, reason, message }) =>
    said.some((each) => each.type === type && each.status === is && each.reason === reason && each.message === message),
  );
}
