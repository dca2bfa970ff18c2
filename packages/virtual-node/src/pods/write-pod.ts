import {
  type KubeClient,
  type Pod,
  type PodStatus,
  StatusError,
  isConflict,
  isNotFound,
  keyOf,
  resources,
} from '@ebb/api';
import { type Logger, messageOf } from '@ebb/base';
import { deepEqual } from '@ebb/kube';
import { withForeign } from './conditions.ts';

interface Context {
  readonly client: Pick<KubeClient, 'patch' | 'get'>;
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
  const write = (latest: Pod): Promise<Pod> => {
    if (latest.metadata.uid !== uid) throw new StatusError('NotFound', 'another pod has its name');
    const { conditions } = status;
    // A list is written as a whole: only upon the one it was made from.
    const isSafe = conditions && { resourceVersion: latest.metadata.resourceVersion };
    const written = {
      reason: null,
      message: null,
      ...status,
      ...(conditions && { conditions: withForeign(conditions, latest) }),
    };
    const body = { metadata: { ...metadata, ...isSafe }, status: written };
    return client.patch(resources.pods, { namespace, name }, { type: 'merge', body }, { subresource: 'status' });
  };
  try {
    await write(pod).catch(async (error: unknown) => {
      if (!isConflict(error)) throw error;
      return write(await client.get(resources.pods, { namespace, name }));
    });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    logger.debug({ pod: keyOf(pod), error: messageOf(error) }, 'the pod is gone');
  }
  return true;
}
