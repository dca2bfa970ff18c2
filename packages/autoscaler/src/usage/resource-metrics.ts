/** What a node's `/metrics/resource` says of one pod. */
export interface PodSample {
  /** Processor time used since the pod began, in seconds. */
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
  /** When it was measured, in milliseconds since the epoch; `undefined` if the node does not say. */
  readonly atMs: number | undefined;
}

const line =
  /^(?<name>pod_cpu_usage_seconds_total|pod_memory_working_set_bytes)\{(?<labels>[^}]*)\}\s+(?<value>\S+)(?:\s+(?<at>\d+))?$/;
const label = /(\w+)="([^"]*)"/g;

/** The pods in the Prometheus text of a node's `/metrics/resource`, by `namespace/name`. Lines that tell of something else are left out. */
export function parseResourceMetrics(text: string): ReadonlyMap<string, PodSample> {
  const pods = new Map<string, PodSample>();
  for (const each of text.split('\n')) {
    const { name, labels = '', value, at } = line.exec(each.trim())?.groups ?? {};
    const figure = Number(value);
    if (name === undefined || !(figure >= 0)) continue;
    const found = new Map([...labels.matchAll(label)].map(([, key = '', text = '']) => [key, text]));
    const key = `${found.get('namespace')}/${found.get('pod')}`;
    const before = pods.get(key) ?? { cpuSeconds: 0, memoryBytes: 0, atMs: undefined };
    const isCpu = name === 'pod_cpu_usage_seconds_total';
    pods.set(key, {
      cpuSeconds: isCpu ? figure : before.cpuSeconds,
      memoryBytes: isCpu ? before.memoryBytes : figure,
      atMs: isCpu && at !== undefined ? Number(at) : before.atMs,
    });
  }
  return pods;
}
