import { type KubernetesObject, type Resource, StatusError, resources } from '@ebb/api';
import type { KubeClient } from '@ebb/kube';

interface Eviction extends KubernetesObject {
  readonly deleteOptions: { readonly preconditions: { readonly uid: string } };
}

const evictions = resources.pods as Resource<KubernetesObject> as Resource<Eviction>;

interface Target {
  readonly namespace: string | undefined;
  readonly name: string;
  readonly uid: string;
}

/** Asks for a pod's end by the Eviction API, which minds disruption budgets; where that cannot be asked, by a plain delete. */
export async function evict(client: KubeClient, { namespace = '', name, uid }: Target): Promise<void> {
  const preconditions = { uid };
  const eviction: Eviction = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { namespace, name },
    deleteOptions: { preconditions },
  };
  try {
    await client.create(evictions, eviction, { below: { name, subresource: 'eviction' } });
  } catch (error) {
    if (!(error instanceof StatusError) || error.code !== 405) throw error;
    await client.delete(resources.pods, { namespace, name }, { preconditions });
  }
}
