import { type KubeClient, type Pod, type PodStatus, isNotFound, keyOf, resources } from '@ebb/api';
import { type Logger, messageOf } from '@ebb/base';
import { deepEqual } from '@ebb/kube';

interface Context {
  readonly client: Pick<KubeClient, 'patch'>;
  readonly logger: Logger;
}

/** What is to be stored of a pod. */
export interface PodUpdate {
  readonly status: PodStatus;
  /** To be set; `undefined` takes one away. */
  readonly annotations?: Readonly<Record<string, string | undefined>>;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Writes a status and annotations if they differ from what is stored; says whether it did. */
export async function writePod(
  { client, logger }: Context,
  pod: Pod,
  { status, annotations = {}, labels = {} }: PodUpdate,
): Promise<boolean> {
  const stored = pod.metadata.annotations ?? {};
  const changed = Object.entries(annotations).filter(([key, value]) => stored[key] !== value);
  const added = Object.keys(labels).some((key) => pod.metadata.labels?.[key] !== labels[key]);
  const isSame = deepEqual(pod.status, { ...pod.status, reason: undefined, message: undefined, ...status });
  if (changed.length === 0 && !added && isSame) return false;
  const { uid, name = '', namespace } = pod.metadata;
  const metadata = {
    uid,
    annotations: Object.fromEntries(changed.map(([key, value]) => [key, value ?? null])),
    ...(added ? { labels } : {}),
  };
  const body = { metadata, status: { reason: null, message: null, ...status } };
  try {
    await client.patch(resources.pods, { namespace, name }, { type: 'merge', body }, { subresource: 'status' });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    logger.debug({ pod: keyOf(pod), error: messageOf(error) }, 'the pod is gone');
  }
  return true;
}
