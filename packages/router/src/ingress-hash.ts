import { createHash } from 'node:crypto';
import type { Ingress, IngressPath, IngressRule, IngressSpec, IngressSplit } from '@ebb/api';

/**
 * The hash by which a gateway shows that it serves this very Ingress: SHA-256, in lower-case hex, over the spec as Go
 * writes it in JSON, then the namespace, then the name (data-path.md, section 3.3).
 */
export function ingressHash(ingress: Ingress): string {
  const { namespace = '', name = '' } = ingress.metadata;
  return createHash('sha256').update(specJson(ingress.spec)).update(namespace).update(name).digest('hex');
}

function specJson(spec: IngressSpec): string {
  const text = JSON.stringify({
    tls: some(spec.tls)?.map(({ hosts, secretName, secretNamespace }) => ({
      hosts: some(hosts),
      secretName: secretName || undefined,
      secretNamespace: secretNamespace || undefined,
    })),
    rules: some(spec.rules)?.map(orderedRule),
    httpOption: spec.httpOption || undefined,
  });
  return text.replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function orderedRule(rule: IngressRule): object {
  return {
    hosts: some(rule.hosts),
    visibility: rule.visibility ?? 'ExternalIP',
    http: rule.http && { paths: rule.http.paths.map(orderedPath) },
  };
}

function orderedPath(path: IngressPath): object {
  return {
    path: path.path || undefined,
    rewriteHost: path.rewriteHost || undefined,
    headers: sortedByKey(path.headers),
    splits: path.splits.map((split) => orderedSplit(split, path.splits.length)),
    appendHeaders: sortedByKey(path.appendHeaders),
  };
}

function orderedSplit(split: IngressSplit, siblings: number): object {
  return {
    serviceNamespace: split.serviceNamespace,
    serviceName: split.serviceName,
    servicePort: split.servicePort,
    percent: split.percent || (siblings === 1 ? 100 : undefined),
    appendHeaders: sortedByKey(split.appendHeaders),
  };
}

function some<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list && list.length > 0 ? list : undefined;
}

function sortedByKey<T>(map: Readonly<Record<string, T>> | undefined): Record<string, T> | undefined {
  const entries = Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}
