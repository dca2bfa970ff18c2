import { type Node, type Pod, StatusError } from '@ebb/api';
import { type Clock, type Logger, messageOf } from '@ebb/base';
import type { ResourceInfo } from '../resource-info.ts';
import { type Call, timestamp } from '../rest/call.ts';
import { methodNotAllowed, notFound } from '../rest/errors.ts';
import { parseSelection } from '../rest/list-options.ts';
import type { Storage } from '../store/storage.ts';
import type { Kubelets } from './kubelets.ts';

/** The group that `kubectl top` and autoscalers ask. */
export const metricsGroup = 'metrics.k8s.io';

/** Over how long the figures of CPU were taken. */
const window = '15s';

const shape = {
  type: 'object' as const,
  properties: {
    apiVersion: { type: 'string' as const },
    kind: { type: 'string' as const },
    metadata: { type: 'object' as const },
    timestamp: { type: 'string' as const },
    window: { type: 'string' as const },
  },
};

/** The resources of the group (metrics-server's `metrics.k8s.io/v1beta1`), of which nothing is stored. */
export const metricsResources: readonly ResourceInfo[] = [
  { plural: 'nodes', kind: 'NodeMetrics', namespaced: false },
  { plural: 'pods', kind: 'PodMetrics', namespaced: true },
].map((each) => ({
  ...each,
  group: metricsGroup,
  version: 'v1beta1',
  singular: '',
  listKind: `${each.kind}List`,
  shortNames: [],
  categories: [],
  verbs: ['get', 'list'],
  status: false,
  schema: shape,
  preserveUnknownFields: true,
  columns: [],
  builtin: true,
  hasGeneration: false,
}));

/** Of kubelet's stats/v1alpha1 Summary, what is read of it. */
interface Summary {
  readonly node?: Figures;
  readonly pods?: readonly (Figures & {
    readonly podRef: { readonly name: string; readonly namespace: string };
    readonly containers?: readonly (Figures & { readonly name: string })[];
  })[];
}

interface Figures {
  readonly cpu?: { readonly usageNanoCores?: number };
  readonly memory?: { readonly workingSetBytes?: number };
}

interface MetricsContext {
  readonly storage: Storage;
  readonly kubelets: Kubelets;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Answers a call of the group with what kubelets say now; what a kubelet cannot say is left out. Rejects with `StatusError`. */
export async function readMetrics(call: Call, method: string | undefined, context: MetricsContext): Promise<object> {
  if (method !== 'GET' && method !== 'HEAD') throw methodNotAllowed();
  const { info, name } = call;
  const items = info.plural === 'nodes' ? await nodeMetrics(call, context) : await podMetrics(call, context);
  const apiVersion = `${metricsGroup}/v1beta1`;
  if (name === '') return { kind: info.listKind, apiVersion, metadata: {}, items };
  const [item] = items;
  if (!item) throw notFound({ ...info, plural: info.kind.toLowerCase() }, name);
  return { kind: info.kind, apiVersion, ...item };
}

async function nodeMetrics(call: Call, context: MetricsContext): Promise<readonly object[]> {
  const { storage, clock } = context;
  const { matches } = parseSelection(call);
  const nodes = storage
    .table('nodes')
    .list('')
    .map(({ object }) => object as Node)
    .filter(matches);
  const found = await Promise.all(
    nodes.map(async (node) => ({ node, summary: await summaryOf(node.metadata.name ?? '', context) })),
  );
  return found.flatMap(({ node, summary }) =>
    summary?.node ? [{ metadata: metadataOf(node.metadata, clock), ...timing(clock), usage: usage(summary.node) }] : [],
  );
}

async function podMetrics(call: Call, context: MetricsContext): Promise<readonly object[]> {
  const { storage, clock } = context;
  const { matches } = parseSelection(call);
  const pods = storage
    .table('pods')
    .list(call.namespace === '' ? undefined : call.namespace)
    .map(({ object }) => object as Pod)
    .filter(matches);
  const names = new Set(pods.flatMap(({ spec }) => spec.nodeName ?? []));
  const summaries = await Promise.all([...names].map((name) => summaryOf(name, context)));
  const stats = new Map(
    summaries
      .flatMap((summary) => summary?.pods ?? [])
      .map((each) => [`${each.podRef.namespace}/${each.podRef.name}`, each]),
  );
  return pods.flatMap(({ metadata }) => {
    const containers = stats.get(`${metadata.namespace}/${metadata.name}`)?.containers ?? [];
    if (containers.length === 0) return [];
    const usages = containers.map((container) => ({ name: container.name, usage: usage(container) }));
    return [{ metadata: metadataOf(metadata, clock), ...timing(clock), containers: usages }];
  });
}

const timeoutMs = 10_000;

async function summaryOf(nodeName: string, { kubelets, clock, logger }: MetricsContext): Promise<Summary | undefined> {
  const late = new AbortController();
  using _timer = clock.after(timeoutMs, () =>
    late.abort(new DOMException('the kubelet does not answer', 'TimeoutError')),
  );
  try {
    const { statusCode, body } = await kubelets.call(nodeName, { path: '/stats/summary', signal: late.signal });
    const text = await body.text();
    if (statusCode !== 200) throw new StatusError('InternalError', text.slice(0, 200));
    return JSON.parse(text) as Summary;
  } catch (error) {
    logger.debug({ node: nodeName, error: messageOf(error) }, 'a kubelet does not say what is used');
    return undefined;
  }
}

function metadataOf({ name, namespace, labels }: Pod['metadata'], clock: Clock): object {
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    creationTimestamp: timestamp(clock.now()),
    ...(labels ? { labels } : {}),
  };
}

function timing(clock: Clock): { readonly timestamp: string; readonly window: string } {
  return { timestamp: timestamp(clock.now()), window };
}

function usage({ cpu, memory }: Figures): { readonly cpu: string; readonly memory: string } {
  const kibibytes = Math.round((memory?.workingSetBytes ?? 0) / 1024);
  return { cpu: `${Math.round(cpu?.usageNanoCores ?? 0)}n`, memory: `${kibibytes}Ki` };
}
