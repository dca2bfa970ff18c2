import { type KubeClient, type KubernetesObject, type ObjectKey, type Pod, type Resource, keyOf } from '@ebb/api';
import { type Clock, type Logger, messageOf } from '@ebb/base';
import type { ContainerGroup, Eci, GroupVolume } from '../eci/eci.ts';
import type { GroupIndex } from './group-index.ts';
import { fileOf } from './lookup.ts';
import { fetchReferences } from './references.ts';
import { isOver } from './is-over.ts';
import type { VolumeSources } from './volume-sources.ts';
import { fileVolumes } from './volumes.ts';

interface RefreshOptions {
  readonly client: Pick<KubeClient, 'get' | 'create'>;
  readonly eci: Pick<Eci, 'updateVolumes'>;
  readonly pods: () => readonly Pod[];
  readonly index: GroupIndex;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What only a new group needs. */
const nothing = (): Promise<[]> => Promise.resolve([]);
const filesOnly = { claimsAreLocal: false, pullSecretsOf: nothing, serviceVariablesOf: nothing };

/** A kubelet takes up to a minute and a half. */
const everyMs = 10_000;

/**
 * Keeps the files of running pods up to date: ConfigMaps, Secrets and labels as they are now, tokens that are not old. What a
 * group has is told by ECI itself, so that nothing is lost over a restart.
 */
export class VolumeRefresh {
  readonly #options: RefreshOptions;
  /** What was last sent, by pod: not to be sent again if ECI does not tell what it has. */
  readonly #sent = new Map<string, string>();

  constructor(options: RefreshOptions) {
    this.#options = options;
  }

  /** Works until aborted. Never rejects. */
  async run({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const { clock, pods } = this.#options;
    while (!signal.aborted) {
      await clock.sleep(everyMs, { signal }).catch(() => {}); // aborted: the loop ends
      if (signal.aborted) return;
      await this.#refreshAll(pods().filter(hasFiles), signal);
    }
  }

  async #refreshAll(pods: readonly Pod[], signal: AbortSignal): Promise<void> {
    const { client, index, logger } = this.#options;
    const once = rememberGets(client);
    const uids = new Set(pods.map(({ metadata }) => metadata.uid ?? ''));
    for (const uid of this.#sent.keys()) if (!uids.has(uid)) this.#sent.delete(uid);
    for (const pod of pods) {
      const group = index.get(pod.metadata.uid ?? '')?.group;
      if (signal.aborted || group?.status !== 'Running') continue;
      try {
        await this.#refresh(pod, group, once, signal);
      } catch (error) {
        if (signal.aborted) continue;
        logger.warn({ pod: keyOf(pod), error: messageOf(error) }, 'the files of a pod could not be brought up to date');
      }
    }
  }

  async #refresh(
    pod: Pod,
    group: ContainerGroup,
    client: RefreshOptions['client'],
    signal: AbortSignal,
  ): Promise<void> {
    const { eci, clock, logger } = this.#options;
    const { uid = '' } = pod.metadata;
    const lookup = await fetchReferences(client, pod, { ...filesOnly, now: clock.now(), signal, group });
    const changed = fileVolumes(pod, lookup).filter((volume) => differs(volume, group));
    const text = JSON.stringify(changed);
    if (changed.length === 0 || this.#sent.get(uid) === text) return;
    await eci.updateVolumes(group.containerGroupId ?? '', changed);
    this.#sent.set(uid, text);
    logger.info({ pod: keyOf(pod), volumes: changed.map(({ name }) => name) }, 'gave a pod new files');
  }
}

function hasFiles(pod: Pod): boolean {
  if (pod.metadata.deletionTimestamp || isOver(pod)) return false;
  return ((pod.spec.volumes ?? []) as VolumeSources[]).some(
    ({ configMap, secret, downwardAPI, projected }) => configMap ?? secret ?? downwardAPI ?? projected,
  );
}

function differs({ name = '', configFileVolume }: GroupVolume, group: ContainerGroup): boolean {
  const wanted = configFileVolume?.configFileToPath ?? [];
  const there = group.volumes?.find((volume) => volume.name === name)?.configFileVolumeConfigFileToPaths ?? [];
  const isSame = ({ path = '', content = '' }: (typeof wanted)[number]): boolean =>
    fileOf(group, name, path) === Buffer.from(content, 'base64').toString('utf8');
  return wanted.length !== there.length || !wanted.every(isSame);
}

/** A client that fetches each object once: many pods refer to the same. */
function rememberGets(client: RefreshOptions['client']): RefreshOptions['client'] {
  const found = new Map<string, Promise<unknown>>();
  const get = <T extends KubernetesObject>(resource: Resource<T>, key: ObjectKey): Promise<T> => {
    const id = `${resource.plural} ${key.namespace ?? ''}/${key.name}`;
    const before = found.get(id) as Promise<T> | undefined;
    const asked = before ?? client.get(resource, key);
    found.set(id, asked);
    return asked;
  };
  return { get, create: (resource, object, options) => client.create(resource, object, options) };
}
