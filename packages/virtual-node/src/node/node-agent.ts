import { type Lease, type Node, isAlreadyExists, isNotFound, resources } from '@ebb/api';
import { type Clock, type Logger, messageOf } from '@ebb/base';
import { type KubeClient, backoffMs, toTimestamp } from '@ebb/kube';
import { type NodeFacts, makeNode, makeNodeStatus } from './node-object.ts';

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
}

export function createNodeAgent({ client, clock, logger, facts }: AgentOptions): NodeAgent {
  const now = (): string => toTimestamp(clock.now());

  const writeStatus = async (node: Node): Promise<void> => {
    await client.updateStatus(resources.nodes, { ...node, status: makeNodeStatus(facts(), node.status, now()) });
  };

  const registerOnce = async (): Promise<void> => {
    const wanted = makeNode(facts());
    const name = facts().nodeName;
    const node = await client.create(resources.nodes, wanted).catch(async (error: unknown) => {
      if (!isAlreadyExists(error)) throw error;
      return client.patch(
        resources.nodes,
        { name },
        { type: 'merge', body: { metadata: { labels: wanted.metadata.labels }, spec: wanted.spec ?? {} } },
      );
    });
    await writeStatus(node);
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
    if (withStatus || cloudOf(node) !== facts().cloud.reachable) await writeStatus(node);
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

  return {
    register,
    run: async ({ signal }) => {
      for (let turn = 1; !signal.aborted; turn++) {
        await clock.sleep(renewEveryMs, { signal }).catch(() => {}); // aborted: the loop ends
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

function cloudOf({ status }: Node): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === 'CloudReachable' && is === 'True') ?? false;
}
