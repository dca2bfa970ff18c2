import type { Registry } from '../registry.ts';
import type { ResourceInfo } from '../resource-info.ts';

/** What a path under `/api` or `/apis` names. */
export interface ResourcePath {
  readonly info: ResourceInfo;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
}

/**
 * The resource a path names; `'version'` if it lies in a group and version that is served but names nothing in it,
 * `undefined` if not even that.
 */
export function parseResourcePath(path: string, registry: Registry): ResourcePath | 'version' | undefined {
  const parts = path.split('/').slice(1).map(decode);
  const isCore = parts[0] === 'api';
  if (!isCore && parts[0] !== 'apis') return undefined;
  const [group = '', version = ''] = isCore ? ['', parts[1]] : [parts[1], parts[2]];
  const rest = parts.slice(isCore ? 2 : 3);
  if (!registry.hasVersion(group, version)) return version && registry.hasGroup(group) ? 'version' : undefined;
  return resourceOf(rest, (plural) => registry.find(group, version, plural)) ?? 'version';
}

function resourceOf(
  parts: readonly string[],
  find: (plural: string) => ResourceInfo | undefined,
): ResourcePath | undefined {
  if (parts.some((part) => part === '')) return undefined;
  const [first = '', second = '', third = '', ...more] = parts;
  // `namespaces/x/status` is a subresource; `namespaces/x/pods` is not.
  const inNamespace = first === 'namespaces' && parts.length >= 3 && !namespaceSubresources.has(third);
  const [plural, name = '', subresource = '', ...tooMany] = inNamespace
    ? [third, ...more]
    : [first, second, third, ...more];
  const info = plural === undefined ? undefined : find(plural);
  if (!info || tooMany.length > 0 || inNamespace !== needsNamespace(info, { inNamespace, name })) return undefined;
  return { info, namespace: inNamespace ? second : '', name, subresource };
}

const namespaceSubresources = new Set(['status', 'finalize']);

/** Collections of all namespaces have no namespace in their path, single objects always have. */
function needsNamespace(info: ResourceInfo, { inNamespace, name }: { inNamespace: boolean; name: string }): boolean {
  if (!info.namespaced) return false;
  return name === '' ? inNamespace : true;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
