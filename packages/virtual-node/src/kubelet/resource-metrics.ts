import { type NodeUsage, startOf } from './usage.ts';

type Labels = Readonly<Record<string, string>>;

interface Sample {
  readonly labels: Labels;
  readonly value: number;
  readonly atMs: number | undefined;
}

interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly samples: readonly Sample[];
}

/**
 * `/metrics/resource`, by the names metrics-server and autoscalers know (serverless-node.md, section 1.5), as Prometheus' text
 * 0.0.4. Without figures only that they could not be had is told.
 */
export function resourceMetrics(usage: NodeUsage | undefined, nowMs: number): string {
  const error = {
    name: 'scrape_error',
    type: 'gauge',
    help: '1 if the figures could not be had, 0 otherwise',
  } as const;
  const failure = { ...error, samples: [{ labels: {}, value: usage ? 0 : 1, atMs: undefined }] };
  const families = usage ? [...containerFamilies(usage), ...nodeFamilies(usage, nowMs), ...podFamilies(usage)] : [];
  return [...families, failure, { ...failure, name: 'resource_scrape_error' }].map(render).join('');
}

/** What the kubelet says of itself. */
export function ownMetrics(nodeName: string, runningPods: number): string {
  const now = { atMs: undefined };
  const node = { labels: { node: nodeName }, value: 1, ...now };
  const running = { labels: {}, value: runningPods, ...now };
  return [
    { name: 'kubelet_node_name', type: 'gauge' as const, help: 'The name of the node', samples: [node] },
    { name: 'kubelet_running_pods', type: 'gauge' as const, help: 'Pods that run', samples: [running] },
  ]
    .map(render)
    .join('');
}

function containerFamilies({ pods }: NodeUsage): readonly Family[] {
  const all = pods.flatMap(({ pod, usage }) =>
    [...usage.containers].map(([container, each]) => ({
      labels: { container, namespace: pod.metadata.namespace ?? '', pod: pod.metadata.name ?? '' },
      usage: each,
      startedAt: startOf(pod, container),
      atMs: timeOf(each.time),
    })),
  );
  return [
    {
      name: 'container_cpu_usage_seconds_total',
      type: 'counter',
      help: 'CPU time of the container, in seconds of a core',
      samples: all.map(({ usage, ...rest }) => ({ ...rest, value: usage.coreNanoseconds / 1e9 })),
    },
    {
      name: 'container_memory_working_set_bytes',
      type: 'gauge',
      help: 'Memory of the container that cannot be taken back, in bytes',
      samples: all.map(({ usage, ...rest }) => ({ ...rest, value: usage.workingSetBytes })),
    },
    {
      name: 'container_start_time_seconds',
      type: 'gauge',
      help: 'Start of the container, in seconds since the epoch',
      samples: all.flatMap(({ startedAt, labels }) =>
        startedAt === undefined ? [] : [{ labels, value: Date.parse(startedAt) / 1000, atMs: undefined }],
      ),
    },
  ];
}

function nodeFamilies({ pods, coreNanoseconds }: NodeUsage, atMs: number): readonly Family[] {
  const memory = pods.reduce((sum, { usage }) => sum + usage.group.workingSetBytes, 0);
  return [
    {
      name: 'node_cpu_usage_seconds_total',
      type: 'counter',
      help: "CPU time of the node's pods, in seconds of a core",
      samples: [{ labels: {}, value: coreNanoseconds / 1e9, atMs }],
    },
    {
      name: 'node_memory_working_set_bytes',
      type: 'gauge',
      help: "Memory of the node's pods that cannot be taken back, in bytes",
      samples: [{ labels: {}, value: memory, atMs }],
    },
  ];
}

function podFamilies({ pods }: NodeUsage): readonly Family[] {
  const all = pods.map(({ pod, usage }) => ({
    labels: { namespace: pod.metadata.namespace ?? '', pod: pod.metadata.name ?? '' },
    usage: usage.group,
    atMs: timeOf(usage.group.time),
  }));
  return [
    {
      name: 'pod_cpu_usage_seconds_total',
      type: 'counter',
      help: 'CPU time of the pod, in seconds of a core',
      samples: all.map(({ usage, ...rest }) => ({ ...rest, value: usage.coreNanoseconds / 1e9 })),
    },
    {
      name: 'pod_memory_working_set_bytes',
      type: 'gauge',
      help: 'Memory of the pod that cannot be taken back, in bytes',
      samples: all.map(({ usage, ...rest }) => ({ ...rest, value: usage.workingSetBytes })),
    },
  ];
}

function timeOf(text: string): number | undefined {
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : atMs;
}

function render({ name, type, help, samples }: Family): string {
  const lines = samples.map(({ labels, value, atMs }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}=${JSON.stringify(text)}`);
    const time = atMs === undefined ? '' : ` ${Math.round(atMs)}`;
    return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}${time}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}
