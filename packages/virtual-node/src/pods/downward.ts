import { type Container, type Pod, type PodSpec, parseQuantity } from '@ebb/api';
import { groupResources, instanceStorage } from './group-resources.ts';
import { Unsupported } from './missing.ts';
import type { ResourceFieldRef } from './volume-sources.ts';

/** A field of the downward API that the pod itself tells; undefined if it is none. */
export function podField({ metadata, spec }: Pod, fieldPath: string): string | undefined {
  const entry = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(fieldPath);
  if (entry) return metadata[entry[1] as 'labels' | 'annotations']?.[entry[2] ?? ''] ?? '';
  switch (fieldPath) {
    case 'metadata.name':
      return metadata.name;
    case 'metadata.namespace':
      return metadata.namespace;
    case 'metadata.uid':
      return metadata.uid;
    case 'metadata.labels':
      return keyValueLines(metadata.labels);
    case 'metadata.annotations':
      return keyValueLines(metadata.annotations);
    case 'spec.nodeName':
      return spec.nodeName;
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? 'default';
    default:
      return undefined;
  }
}

function keyValueLines(map: Record<string, string> | undefined): string {
  return Object.entries(map ?? {})
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');
}

/** What a container without a limit may take: all that its instance has. */
function unlimited(spec: PodSpec): Readonly<Record<string, number>> {
  const { cpu, memory } = groupResources(spec);
  return { cpu, memory: memory * 2 ** 30, 'ephemeral-storage': instanceStorage(spec) * 2 ** 30 };
}

/**
 * A container's request or limit, divided and rounded up as Kubernetes does: `limits.cpu` of 250m is 1, with divisor 1m 250.
 * Throws `Unsupported` for a container or resource that does not exist.
 */
export function resourceField(
  { spec }: Pod,
  { containerName, resource, divisor }: ResourceFieldRef,
  self?: Container,
): string {
  const containers = [...spec.containers, ...(spec.initContainers ?? [])];
  const container = containerName === undefined ? self : containers.find(({ name }) => name === containerName);
  const [, kind = '', name = ''] = /^(limits|requests)\.(.+)$/.exec(resource) ?? [];
  const fallback = unlimited(spec)[name];
  if (!container || fallback === undefined)
    throw new Unsupported(`resourceFieldRef ${resource}: there is no such figure`);
  const { limits, requests } = container.resources ?? {};
  const amount = kind === 'limits' ? limits?.[name] : (requests?.[name] ?? limits?.[name] ?? 0);
  const value = amount === undefined ? fallback : parseQuantity(String(amount));
  const by = divisor === undefined || String(divisor) === '0' ? 1 : parseQuantity(String(divisor));
  // A thousandth off, for what binary fractions leave behind.
  return String(Math.ceil(Number((value / by).toFixed(3))));
}
