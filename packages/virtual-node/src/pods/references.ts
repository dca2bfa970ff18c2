import {
  type ConfigMap,
  type Pod,
  type Resource,
  type Secret,
  type KubernetesObject,
  isNotFound,
  resources,
} from '@ebb/api';
import type { KubeClient } from '@ebb/kube';
import type { Lookup } from './environment.ts';

interface Source {
  readonly configMap?: { readonly name?: string };
  readonly secret?: { readonly name?: string; readonly secretName?: string };
}

/** Fetches what a pod's environment and volumes refer to, and nothing if they refer to nothing. */
export async function fetchReferences(client: KubeClient, pod: Pod, signal: AbortSignal): Promise<Lookup> {
  const { configMaps, secrets } = referencesOf(pod);
  const { namespace } = pod.metadata;
  const fetchAll = async <T extends KubernetesObject>(
    resource: Resource<T>,
    names: ReadonlySet<string>,
  ): Promise<Map<string, T>> => {
    const found = await Promise.all(
      [...names].map((name) =>
        client.get(resource, { namespace, name }, { signal }).catch((error: unknown) => {
          if (isNotFound(error)) return undefined;
          throw error;
        }),
      ),
    );
    return new Map(found.flatMap((object) => (object ? [[object.metadata.name ?? '', object]] : [])));
  };
  const [maps, secretMap]: [Map<string, ConfigMap>, Map<string, Secret>] = await Promise.all([
    fetchAll(resources.configMaps, configMaps),
    fetchAll(resources.secrets, secrets),
  ]);
  return { configMap: (name) => maps.get(name), secret: (name) => secretMap.get(name) };
}

function referencesOf({ spec }: Pod): { readonly configMaps: Set<string>; readonly secrets: Set<string> } {
  const configMaps = new Set<string>();
  const secrets = new Set<string>();
  const add = (names: Set<string>, name: string | undefined): void => void (name && names.add(name));
  for (const { env = [], envFrom = [] } of [...spec.containers, ...(spec.initContainers ?? [])]) {
    for (const { valueFrom } of env) {
      add(configMaps, valueFrom?.configMapKeyRef?.name);
      add(secrets, valueFrom?.secretKeyRef?.name);
    }
    for (const { configMapRef, secretRef } of envFrom) {
      add(configMaps, configMapRef?.name);
      add(secrets, secretRef?.name);
    }
  }
  for (const volume of spec.volumes ?? []) {
    const { projected, ...plain } = volume as Source & { projected?: { sources?: Source[] } };
    for (const { configMap, secret } of [plain, ...(projected?.sources ?? [])]) {
      add(configMaps, configMap?.name);
      add(secrets, secret?.secretName ?? secret?.name);
    }
  }
  return { configMaps, secrets };
}
