import type * as sdkModule from '@alicloud/eci20180808';
import * as openApi from '@alicloud/openapi-client';
import type { RuntimeOptions } from '@alicloud/tea-util';
import { EciError } from './error.ts';

type Sdk = (typeof sdkModule)['default'];

export interface ExecQuery {
  readonly groupId: string;
  readonly container: string;
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly tty: boolean;
}

/** What one container uses, or a group as a whole. */
export interface Usage {
  /** RFC 3339. */
  readonly time: string;
  /** CPU of late, in billionths of a core. */
  readonly nanoCores: number;
  /** CPU time since the start, in nanoseconds. */
  readonly coreNanoseconds: number;
  /** Memory in use, and what of it cannot be taken back, in bytes. */
  readonly usedBytes: number;
  readonly workingSetBytes: number;
  readonly rssBytes: number;
  readonly availableBytes: number | undefined;
}

export interface GroupUsage {
  readonly group: Usage;
  /** By the container's name. */
  readonly containers: ReadonlyMap<string, Usage>;
  readonly network: { readonly rxBytes: number; readonly txBytes: number } | undefined;
}

/** The actions of ECI that look into containers (serverless-node.md, section 2.3). All reject with `EciError`. */
export interface EciInside {
  /** The address of a WebSocket at which a command begins; good for 30 s. */
  exec(query: ExecQuery): Promise<string>;
  /** The same for a container's own process. Undefined where there is no such action; Alibaba Cloud has published none. */
  attach(query: Omit<ExecQuery, 'command' | 'tty'>): Promise<string | undefined>;
  /** The newest figures of each group, by its id; those of which nothing is known yet are left out. */
  usage(groupIds: readonly string[]): Promise<ReadonlyMap<string, GroupUsage>>;
}

interface InsideOptions {
  readonly client: InstanceType<Sdk['default']>;
  readonly sdk: Sdk;
  readonly runtime: RuntimeOptions;
  readonly regionId: string;
  readonly call: <T>(
    action: 'ExecContainerCommand' | 'DescribeMultiContainerGroupMetric',
    make: () => Promise<T>,
  ) => Promise<T>;
}

/** Most groups of a question. */
const pageSize = 20;

export function createInside({ client, sdk, runtime, regionId, call }: InsideOptions): EciInside {
  return {
    exec: async ({ groupId, container, command, stdin, tty }) => {
      const request = new sdk.ExecContainerCommandRequest({
        regionId,
        containerGroupId: groupId,
        containerName: container,
        command: JSON.stringify(command),
        stdin,
        TTY: tty,
        sync: false,
      });
      const { body } = await call('ExecContainerCommand', () =>
        client.execContainerCommandWithOptions(request, runtime),
      );
      return body?.webSocketUri ?? '';
    },
    attach: async ({ groupId, container, stdin }) => {
      const query = { RegionId: regionId, ContainerGroupId: groupId, ContainerName: container, Stdin: String(stdin) };
      try {
        const { body } = await call(
          'ExecContainerCommand',
          () =>
            client.callApi(attachAction, new openApi.OpenApiRequest({ query }), runtime) as Promise<{
              readonly body?: object;
            }>,
        );
        return body && 'WebSocketUri' in body ? String(body.WebSocketUri) : undefined;
      } catch (error) {
        if (error instanceof EciError && error.code.startsWith('InvalidAction')) return undefined;
        throw error;
      }
    },
    usage: async (groupIds) => {
      const found = new Map<string, GroupUsage>();
      for (let from = 0; from < groupIds.length; from += pageSize) {
        const containerGroupIds = JSON.stringify(groupIds.slice(from, from + pageSize));
        const request = new sdk.DescribeMultiContainerGroupMetricRequest({
          regionId,
          containerGroupIds,
          metricType: 'summary',
        });
        const { body } = await call('DescribeMultiContainerGroupMetric', () =>
          client.describeMultiContainerGroupMetricWithOptions(request, runtime),
        );
        for (const { containerGroupId = '', records = [] } of body?.monitorDatas ?? []) {
          const usage = groupUsage(records);
          if (usage) found.set(containerGroupId, usage);
        }
      }
      return found;
    },
  };
}

/** Of a local ECI only. */
const attachAction = new openApi.Params({
  action: 'AttachContainer',
  version: '2018-08-08',
  protocol: 'HTTPS',
  pathname: '/',
  method: 'POST',
  authType: 'AK',
  style: 'RPC',
  reqBodyType: 'formData',
  bodyType: 'json',
});

type MetricRecord = sdkModule.DescribeMultiContainerGroupMetricResponseBodyMonitorDatasRecords;
type Figures = Pick<MetricRecord, 'CPU' | 'memory'>;

/** The newest record, wherever it stands. */
function groupUsage(records: readonly MetricRecord[]): GroupUsage | undefined {
  const record = records.toSorted((a, b) => Date.parse(a.timestamp ?? '') - Date.parse(b.timestamp ?? '')).at(-1);
  if (!record) return undefined;
  const { timestamp: time = '', containers = [], network } = record;
  const interfaces = network?.interfaces ?? [];
  const sum = (field: 'rxBytes' | 'txBytes'): number =>
    interfaces.reduce((total, each) => total + (each[field] ?? 0), 0);
  return {
    group: usageOf(record, time),
    containers: new Map(containers.map((container) => [container.name ?? '', usageOf(container, time)])),
    network: interfaces.length === 0 ? undefined : { rxBytes: sum('rxBytes'), txBytes: sum('txBytes') },
  };
}

function usageOf({ CPU, memory }: Figures, time: string): Usage {
  return {
    time,
    nanoCores: CPU?.usageNanoCores ?? 0,
    coreNanoseconds: CPU?.usageCoreNanoSeconds ?? 0,
    usedBytes: memory?.usageBytes ?? 0,
    workingSetBytes: memory?.workingSet ?? 0,
    rssBytes: memory?.rss ?? 0,
    availableBytes: memory?.availableBytes,
  };
}
