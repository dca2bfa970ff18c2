import { type KubeClient, type Pod, type Secret, isNotFound, keyOf, resources } from '@ebb/api';
import { type Clock, type Logger, messageOf } from '@ebb/base';
import type { ContainerGroup, Eci } from '../eci/eci.ts';
import { EciError } from '../eci/error.ts';
import type { GroupIndex } from './group-index.ts';
import { imageCredentials } from './image-credentials.ts';
import { isOver } from './is-over.ts';
import { createPullSecrets } from './pull-secrets.ts';

interface RefreshOptions {
  readonly client: Pick<KubeClient, 'get'>;
  readonly eci: Pick<Eci, 'updateCredentials'>;
  readonly pods: () => readonly Pod[];
  readonly index: GroupIndex;
  readonly clock: Clock;
  readonly logger: Logger;
}

const everyMs = 10_000;

/** Works until aborted, and never rejects: groups whose images cannot be had get the credentials that are in their Secrets by now. */
export async function refreshCredentials(options: RefreshOptions, signal: AbortSignal): Promise<void> {
  const { client, eci, pods, index, clock, logger } = options;
  const pullSecretsOf = createPullSecrets(client, clock);
  /** What was last sent, by the pod's UID. */
  const sent = new Map<string, string>();
  const refresh = async (pod: Pod, groupId: string): Promise<void> => {
    const { uid = '', namespace } = pod.metadata;
    const secrets = new Map<string, Secret>();
    const pullSecrets = await pullSecretsOf(pod, signal);
    for (const name of pullSecrets) {
      const secret = await client.get(resources.secrets, { namespace, name }, { signal }).catch(undefinedIfMissing);
      if (secret) secrets.set(name, secret);
    }
    const credentials = imageCredentials({ pullSecrets, secret: (name) => secrets.get(name) });
    const text = JSON.stringify(credentials);
    if (credentials.length === 0 || sent.get(uid) === text) return;
    await eci.updateCredentials(groupId, credentials).catch(ignoreNoNews);
    sent.set(uid, text);
    logger.info({ pod: keyOf(pod) }, 'gave a pod the credentials of its pull secrets anew');
  };
  while (!signal.aborted) {
    await clock.sleep(everyMs, { signal }).catch(() => {}); // aborted: the loop ends
    const waiting = pods().filter((pod) => !isOver(pod) && !pod.metadata.deletionTimestamp);
    for (const pod of waiting) {
      const group = index.get(pod.metadata.uid ?? '')?.group;
      if (signal.aborted || !group || !lacksImage(group)) continue;
      await refresh(pod, group.containerGroupId ?? '').catch((error: unknown) => {
        if (signal.aborted) return;
        logger.warn({ pod: keyOf(pod), error: messageOf(error) }, 'the pull secrets of a pod could not be sent anew');
      });
    }
    const uids = new Set(waiting.map(({ metadata }) => metadata.uid ?? ''));
    for (const uid of sent.keys()) if (!uids.has(uid)) sent.delete(uid);
  }
}

function lacksImage({ containers = [], initContainers = [] }: ContainerGroup): boolean {
  return [...containers, ...(initContainers as typeof containers)].some(({ currentState }) =>
    /^(ErrImagePull|ImagePullBackOff)$/.test(currentState?.reason ?? ''),
  );
}

function undefinedIfMissing(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
}

/** The group has them already. */
function ignoreNoNews(error: unknown): void {
  if (!(error instanceof EciError) || error.code !== 'NoNeedUpdate') throw error;
}
