import type { Pod, Volume } from '@ebb/api';
import type { CreateGroup } from '../eci/eci.ts';
import { type Lookup, MissingReference, podField } from './environment.ts';

type GroupVolume = NonNullable<CreateGroup['volume']>[number];

interface File {
  readonly path: string;
  readonly mode?: number | undefined;
  /** Base64. */
  readonly content: string;
}

interface Projection {
  readonly name?: string;
  readonly secretName?: string;
  readonly optional?: boolean;
  readonly defaultMode?: number;
  readonly items?: readonly { readonly key: string; readonly path: string; readonly mode?: number }[];
}

interface DownwardItem {
  readonly path: string;
  readonly mode?: number;
  readonly fieldRef?: { readonly fieldPath: string };
}

interface ProjectedSource {
  readonly configMap?: Projection;
  readonly secret?: Projection;
  readonly downwardAPI?: { readonly items?: readonly DownwardItem[] };
}

/**
 * A pod's volumes as ECI knows them: ConfigMap, Secret, downward and projected ones become files, emptyDir stays
 * (serverless-node.md, section 1.4). Throws `MissingReference`, also for a source that cannot be had on this node.
 */
export function groupVolumes(pod: Pod, lookup: Lookup): GroupVolume[] {
  return (pod.spec.volumes ?? []).map((volume) => groupVolume(volume, pod, lookup));
}

function groupVolume(volume: Volume, pod: Pod, lookup: Lookup): GroupVolume {
  const { name } = volume;
  if (volume['emptyDir']) {
    const { medium, sizeLimit } = volume['emptyDir'] as { medium?: string; sizeLimit?: string };
    const emptyDirVolume = { ...(medium ? { medium } : {}), ...(sizeLimit ? { sizeLimit } : {}) };
    return { name, type: 'EmptyDirVolume', emptyDirVolume };
  }
  const configFileToPath = filesOf(volume, pod, lookup).map(({ path, mode, content }) => ({
    path,
    content,
    ...(mode === undefined ? {} : { mode }),
  }));
  return { name, type: 'ConfigFileVolume', configFileVolume: { configFileToPath } };
}

function filesOf(volume: Volume, pod: Pod, lookup: Lookup): File[] {
  const { configMap, secret, downwardAPI, projected } = volume as ProjectedSource & {
    projected?: { sources?: ProjectedSource[] };
  };
  const sources = projected ? (projected.sources ?? []) : [{ configMap, secret, downwardAPI } as ProjectedSource];
  if (!projected && !configMap && !secret && !downwardAPI) {
    const kind = Object.keys(volume).find((key) => key !== 'name') ?? 'unknown';
    throw new MissingReference(`volume "${volume.name}": this node has no ${kind} volumes`);
  }
  // On equal paths the last source wins.
  return [
    ...new Map(sources.flatMap((source) => sourceFiles(source, pod, lookup)).map((file) => [file.path, file])).values(),
  ];
}

function sourceFiles({ configMap, secret, downwardAPI }: ProjectedSource, pod: Pod, lookup: Lookup): File[] {
  return [
    ...(configMap ? projectedFiles(configMap, configMapEntries(configMap, lookup), 'configmap') : []),
    ...(secret ? projectedFiles(secret, secretEntries(secret, lookup), 'secret') : []),
    ...(downwardAPI?.items ?? []).map(({ path, mode, fieldRef }) => ({
      path,
      mode,
      content: encode(podField(pod, fieldRef?.fieldPath ?? '') ?? ''),
    })),
  ];
}

function configMapEntries({ name = '' }: Projection, lookup: Lookup): Record<string, string> | undefined {
  const found = lookup.configMap(name);
  if (!found) return undefined;
  const text = Object.entries(found.data ?? {}).map(([key, value]) => [key, encode(value)] as const);
  return { ...Object.fromEntries(text), ...found.binaryData };
}

function secretEntries({ name, secretName }: Projection, lookup: Lookup): Record<string, string> | undefined {
  const found = lookup.secret(secretName ?? name ?? '');
  return found && (found.data ?? {});
}

function projectedFiles(source: Projection, entries: Record<string, string> | undefined, kind: string): File[] {
  const { name, secretName, optional, items, defaultMode } = source;
  if (!entries) {
    if (optional) return [];
    throw new MissingReference(`${kind} "${secretName ?? name ?? ''}" not found`);
  }
  if (!items) return Object.entries(entries).map(([path, content]) => ({ path, content, mode: defaultMode }));
  return items.flatMap(({ key, path, mode }) => {
    const content = entries[key];
    if (content !== undefined) return [{ path, content, mode: mode ?? defaultMode }];
    if (optional) return [];
    throw new MissingReference(`${kind} "${secretName ?? name ?? ''}" has no key "${key}"`);
  });
}

function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
