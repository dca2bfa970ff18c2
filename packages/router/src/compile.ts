import {
  type Ingress,
  type IngressPath,
  type IngressRule,
  type IngressSplit,
  keyOf,
  namespaceHeader,
  revisionHeader,
} from '@ebb/api';
import { expandHost } from './hosts.ts';
import { ingressHash } from './ingress-hash.ts';
import type { CompiledIngress, Forward, IngressTls, Listener, PathRoute, ServiceTarget } from './route.ts';
import { Shares } from './shares.ts';

/** Stands for the rules that name no host: they match any. */
export const anyHost = '*';

export interface CompileOptions {
  readonly clusterDomain: string;
  readonly random: () => number;
  /** The Ingress as compiled before: the state of its splits lives on. */
  readonly previous?: CompiledIngress | undefined;
}

/** Makes an Ingress ready for matching (data-path.md, section 3.2). Whatever in it makes no sense is left out. */
export function compileIngress(ingress: Ingress, options: CompileOptions): CompiledIngress {
  return new Compiler(ingress, options);
}

type MutableRoutes = Record<Listener, PathRoute[]>;

class Compiler implements CompiledIngress {
  readonly key: string;
  readonly uid: string;
  readonly generation: number;
  readonly createdAt: string;
  readonly redirected: boolean;
  readonly tls: readonly IngressTls[];
  readonly hosts = new Map<string, MutableRoutes>();
  readonly services: ServiceTarget[] = [];
  readonly shares = new Map<string, Shares>();
  readonly #ingress: Ingress;
  readonly #options: CompileOptions;
  #hash: string | undefined;

  constructor(ingress: Ingress, options: CompileOptions) {
    this.#ingress = ingress;
    this.#options = options;
    this.key = keyOf(ingress);
    this.uid = ingress.metadata.uid ?? '';
    this.generation = ingress.metadata.generation ?? 0;
    this.createdAt = ingress.metadata.creationTimestamp ?? '';
    this.redirected = ingress.spec.httpOption === 'Redirected';
    this.tls = tlsOf(ingress);
    for (const rule of ingress.spec.rules ?? []) this.#addRule(rule);
    for (const routes of this.hosts.values()) {
      // Sorting is stable: among prefixes of one length the order of the list decides.
      for (const listener of ['public', 'private'] as const)
        routes[listener].sort((a, b) => b.prefix.length - a.prefix.length);
    }
  }

  hash(): string {
    this.#hash ??= ingressHash(this.#ingress);
    return this.#hash;
  }

  #addRule(rule: IngressRule): void {
    const paths = (rule.http?.paths ?? []).flatMap((path, index) => this.#compilePath(rule, path, index) ?? []);
    for (const host of this.#hostsOf(rule)) {
      const routes = this.hosts.get(host) ?? { public: [], private: [] };
      this.hosts.set(host, routes);
      routes.private.push(...paths);
      if (rule.visibility !== 'ClusterLocal') routes.public.push(...paths);
    }
  }

  #hostsOf(rule: IngressRule): ReadonlySet<string> {
    if (!rule.hosts?.length) return new Set([anyHost]);
    return new Set(rule.hosts.flatMap((host) => expandHost(host, this.#options.clusterDomain)));
  }

  #compilePath(rule: IngressRule, path: IngressPath, index: number): PathRoute | undefined {
    const splits = path.splits ?? [];
    const weights = splits.map(({ percent = 0 }) => Math.max(0, Math.round(percent)));
    if (splits.length === 1) weights[0] = 100;
    if (!weights.some((weight) => weight > 0)) return undefined;
    return {
      prefix: path.path || '/',
      headers: Object.entries(path.headers ?? {}).map(([name, { exact }]) => [name.toLowerCase(), exact]),
      targets: splits.map((split) => this.#target(path, split)),
      shares: this.#sharesOf([rule.visibility, rule.hosts, index, path.path, path.headers, names(splits)], weights),
    };
  }

  #target(path: IngressPath, split: IngressSplit): Forward {
    const headers = mergeHeaders(path.appendHeaders, split.appendHeaders);
    const namespace = headers.get(namespaceHeader.toLowerCase())?.[1] ?? split.serviceNamespace;
    const revision = headers.get(revisionHeader.toLowerCase())?.[1];
    const name = revision ?? split.serviceName;
    // These two name the revision to the activator; an instance never sees them.
    headers.delete(namespaceHeader.toLowerCase());
    headers.delete(revisionHeader.toLowerCase());
    return {
      kind: 'forward',
      ingress: this,
      revision: { namespace, name },
      revisionKey: revision === undefined ? this.#service(split).key : `${namespace}/${name}`,
      setHeaders: [...headers.values()].flat(),
      rewriteHost: path.rewriteHost || undefined,
    };
  }

  #service({ serviceNamespace: namespace, serviceName: name, servicePort: port }: IngressSplit): ServiceTarget {
    const service = { key: `${namespace}/${name}:${port}`, namespace, name, port };
    this.services.push(service);
    return service;
  }

  #sharesOf(identity: readonly unknown[], weights: readonly number[]): Shares {
    const id = JSON.stringify([identity, weights]);
    const shares = this.#options.previous?.shares.get(id) ?? new Shares(weights, this.#options.random);
    this.shares.set(id, shares);
    return shares;
  }
}

function tlsOf({ metadata, spec }: Ingress): IngressTls[] {
  return (spec.tls ?? []).flatMap(({ hosts = [], secretName, secretNamespace = metadata.namespace }) =>
    secretName ? [{ hosts, secret: `${secretNamespace}/${secretName}` }] : [],
  );
}

const names = (splits: readonly IngressSplit[]): unknown[] =>
  splits.map((split) => [split.serviceNamespace, split.serviceName, split.appendHeaders?.[revisionHeader]]);

/** Later layers win, whatever the case of the names. */
function mergeHeaders(...layers: (Record<string, string> | undefined)[]): Map<string, [name: string, value: string]> {
  const merged = new Map<string, [string, string]>();
  for (const layer of layers)
    for (const [name, value] of Object.entries(layer ?? {})) merged.set(name.toLowerCase(), [name, value]);
  return merged;
}
