import {
  type ConfigMap,
  type KubeClient,
  type KubernetesObject,
  type PersistentVolumeClaim,
  type Pod,
  type Resource,
  type Secret,
  isNotFound,
  resources,
} from '@ebb/api';
import { type ContainerGroup } from '../eci/eci.ts';
import type { Lookup } from './lookup.ts';
import type { PullSecretsOf } from './pull-secrets.ts';
import type { ServiceVariablesOf } from './service-variables.ts';
import { ephemeralClaim } from './storage-volumes.ts';
import { fetchTokens } from './service-account-token.ts';
import {
  type PersistentVolumeSource,
  type ProjectedSource,
  type SecretRef,
  type VolumeSources,
  mountSecret,
} from './volume-sources.ts';

type Client = Pick<KubeClient, 'get' | 'create'>;

interface FetchOptions {
  readonly now: number;
  readonly signal: AbortSignal;
  readonly claimsAreLocal: boolean;
  readonly pullSecretsOf: PullSecretsOf;
  readonly serviceVariablesOf: ServiceVariablesOf;
  /** The pod's group, whose tokens go on being used while they are young. Default: all are asked for. */
  readonly group?: ContainerGroup | undefined;
}

interface PersistentVolume extends KubernetesObject {
  spec?: PersistentVolumeSource;
}

const persistentVolumes: Resource<PersistentVolume> = {
  group: '',
  version: 'v1',
  plural: 'persistentvolumes',
  kind: 'PersistentVolume',
  namespaced: false,
};

/** Fetches what a pod refers to, each object once, and nothing if it refers to nothing. */
export async function fetchReferences(client: Client, pod: Pod, options: FetchOptions): Promise<Lookup> {
  const { namespace } = pod.metadata;
  const { signal } = options;
  const names = namesIn(pod);
  const get = <T extends KubernetesObject>(resource: Resource<T>, all: Iterable<string>): Promise<Map<string, T>> =>
    fetchAll(all, (name) => client.get(resource, { namespace, name }, { signal }));
  const [configMaps, secrets, claims, tokens, pullSecrets, serviceVariables]: [
    Map<string, ConfigMap>,
    Map<string, Secret>,
    Map<string, PersistentVolumeClaim>,
    Lookup['token'],
    readonly string[],
    Lookup['serviceVariables'],
  ] = await Promise.all([
    get(resources.configMaps, names.configMaps),
    get(resources.secrets, names.secrets),
    get(resources.persistentVolumeClaims, names.claims),
    fetchTokens(client, pod, options),
    options.pullSecretsOf(pod, signal),
    options.serviceVariablesOf(pod, signal),
  ]);
  const volumeNames = [...claims.values()].flatMap(({ spec }) => (spec?.volumeName ? [spec.volumeName] : []));
  const [volumes, registrySecrets] = await Promise.all([
    fetchAll(volumeNames, (name) => client.get(persistentVolumes, { name }, { signal })),
    get(
      resources.secrets,
      pullSecrets.filter((name) => !secrets.has(name)),
    ),
  ]);
  const keyOfRef = (ref: SecretRef): string => `${ref.namespace ?? namespace ?? ''}/${ref.name}`;
  const sources = [
    ...((pod.spec.volumes ?? []) as VolumeSources[]),
    ...[...volumes.values()].map(({ spec }) => spec ?? {}),
  ];
  const mountSecrets = await fetchAll(
    sources.flatMap((source) => {
      const ref = mountSecret(source);
      return ref ? [keyOfRef(ref)] : [];
    }),
    (key) => {
      const [of = '', name = ''] = key.split('/');
      return client.get(resources.secrets, { namespace: of, name }, { signal });
    },
  );
  return {
    configMap: (name) => configMaps.get(name),
    secret: (name) => secrets.get(name) ?? registrySecrets.get(name),
    mountSecret: (ref) => mountSecrets.get(keyOfRef(ref)),
    claim: (name) => claims.get(name),
    persistentVolume: (name) => volumes.get(name)?.spec,
    token: tokens,
    claimsAreLocal: options.claimsAreLocal,
    pullSecrets,
    serviceVariables,
  };
}

async function fetchAll<T>(names: Iterable<string>, fetch: (name: string) => Promise<T>): Promise<Map<string, T>> {
  const found = await Promise.all(
    [...new Set(names)].map(async (name) => [name, await orUndefined(fetch(name))] as const),
  );
  return new Map(found.flatMap(([name, object]) => (object === undefined ? [] : [[name, object] as const])));
}

async function orUndefined<T>(call: Promise<T>): Promise<T | undefined> {
  return call.catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
}

interface Names {
  readonly configMaps: Set<string>;
  readonly secrets: Set<string>;
  readonly claims: Set<string>;
}

function namesIn(pod: Pod): Names {
  const { spec } = pod;
  const names: Names = { configMaps: new Set(), secrets: new Set(), claims: new Set() };
  const add = (set: Set<string>, name: string | undefined): void => void (name && set.add(name));
  for (const { env = [], envFrom = [] } of [...spec.containers, ...(spec.initContainers ?? [])]) {
    for (const { valueFrom } of env) {
      add(names.configMaps, valueFrom?.configMapKeyRef?.name);
      add(names.secrets, valueFrom?.secretKeyRef?.name);
    }
    for (const { configMapRef, secretRef } of envFrom) {
      add(names.configMaps, configMapRef?.name);
      add(names.secrets, secretRef?.name);
    }
  }
  for (const volume of (spec.volumes ?? []) as (VolumeSources & { readonly name: string })[]) {
    add(names.secrets, volume.secret?.secretName);
    if (volume.ephemeral) add(names.claims, ephemeralClaim(pod, volume.name));
    add(names.claims, volume.persistentVolumeClaim?.claimName);
    const { configMap } = volume;
    const sources: readonly ProjectedSource[] = [
      ...(configMap ? [{ configMap }] : []),
      ...(volume.projected?.sources ?? []),
    ];
    for (const source of sources) {
      add(names.configMaps, source.configMap?.name);
      add(names.secrets, source.secret?.name);
    }
  }
  return names;
}
