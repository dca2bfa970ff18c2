import type { Pod } from '@ebb/api';
import { podField, resourceField } from './downward.ts';
import type { Lookup } from './lookup.ts';
import { MissingReference, Unsupported } from './missing.ts';
import type { DownwardItem, KeyProjection, ProjectedSource, TokenProjection, VolumeSources } from './volume-sources.ts';

/** A file of a volume. */
export interface ConfigFile {
  readonly path: string;
  readonly mode: number;
  /** Base64. */
  readonly content: string;
}

const defaultMode = 0o644;

/** The mode of a volume's files that have none of their own; undefined if it is Kubernetes' and ECI's default. */
export function filesMode({ configMap, secret, downwardAPI, projected }: VolumeSources): number | undefined {
  const mode = (configMap ?? secret ?? downwardAPI ?? projected)?.defaultMode;
  return mode === defaultMode ? undefined : mode;
}

/**
 * The files of a ConfigMap, Secret, downward or projected volume; undefined if the volume is none of these. On equal paths the
 * last source wins. Throws `MissingReference`, in kubelet's words.
 */
export function configFiles(volume: VolumeSources, pod: Pod, lookup: Lookup): ConfigFile[] | undefined {
  const { configMap, secret, downwardAPI, projected } = volume;
  const source = configMap ?? secret ?? downwardAPI ?? projected;
  if (!source) return undefined;
  const sources: readonly ProjectedSource[] = projected ? (projected.sources ?? []) : [single(volume)];
  const context = { pod, lookup, mode: source.defaultMode ?? defaultMode };
  const files = sources.flatMap((each) => sourceFiles(each, context));
  return [...new Map(files.map((file) => [file.path, file])).values()];
}

/** A Secret is named otherwise outside a projection. */
function single({ configMap, secret, downwardAPI }: VolumeSources): ProjectedSource {
  if (configMap) return { configMap };
  if (secret) return { secret: { ...secret, name: secret.secretName ?? '' } };
  return downwardAPI ? { downwardAPI } : {};
}

interface Context {
  readonly pod: Pod;
  readonly lookup: Lookup;
  readonly mode: number;
}

function sourceFiles(
  { configMap, secret, downwardAPI, serviceAccountToken }: ProjectedSource,
  context: Context,
): ConfigFile[] {
  return [
    ...(configMap ? keyFiles(configMap, configMapEntries(configMap, context), { ...context, kind: 'configmap' }) : []),
    ...(secret ? keyFiles(secret, secretEntries(secret, context), { ...context, kind: 'secret' }) : []),
    ...(downwardAPI?.items ?? []).map((item) => downwardFile(item, context)),
    ...(serviceAccountToken ? [tokenFile(serviceAccountToken, context)] : []),
  ];
}

type Entries = Readonly<Record<string, string>> | undefined;

function configMapEntries({ name = '' }: KeyProjection, { lookup }: Context): Entries {
  const found = lookup.configMap(name);
  if (!found) return undefined;
  const text = Object.entries(found.data ?? {}).map(([key, value]) => [key, encode(value)] as const);
  return { ...Object.fromEntries(text), ...found.binaryData };
}

function secretEntries({ name = '' }: KeyProjection, { lookup }: Context): Entries {
  const found = lookup.secret(name);
  return found && (found.data ?? {});
}

function keyFiles(
  { name = '', optional, items }: KeyProjection,
  entries: Entries,
  { pod, mode, kind }: Context & { readonly kind: 'configmap' | 'secret' },
): ConfigFile[] {
  if (!entries) {
    if (optional) return [];
    throw new MissingReference(`${kind} "${name}" not found`);
  }
  if (!items) return Object.entries(entries).map(([path, content]) => ({ path, content, mode }));
  return items.flatMap((item) => {
    const content = entries[item.key];
    if (content !== undefined) return [{ path: item.path, content, mode: item.mode ?? mode }];
    if (optional) return [];
    const what = kind === 'configmap' ? 'config' : 'secret';
    throw new MissingReference(
      `references non-existent ${what} key: ${item.key} (of ${pod.metadata.namespace}/${name})`,
    );
  });
}

function downwardFile({ path, mode, fieldRef, resourceFieldRef }: DownwardItem, context: Context): ConfigFile {
  const { pod } = context;
  const text = resourceFieldRef ? resourceField(pod, resourceFieldRef) : podField(pod, fieldRef?.fieldPath ?? '');
  if (text === undefined)
    throw new Unsupported(`downwardAPI: there is no field ${fieldRef?.fieldPath ?? ''} in a volume`);
  return { path, mode: mode ?? context.mode, content: encode(text) };
}

function tokenFile(projection: TokenProjection, { pod, lookup, mode }: Context): ConfigFile {
  const token = lookup.token(projection);
  if (token !== undefined) return { path: projection.path, mode, content: encode(token) };
  const account = pod.spec.serviceAccountName ?? 'default';
  throw new MissingReference(
    `failed to fetch token: serviceaccounts "${account}" not found, or its API server makes no tokens`,
  );
}

function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
