import { keys } from '@ebb/api';
import type { ContainerGroup } from '../eci/eci.ts';
import { tagKeys } from '../pods/container-group.ts';

/** One instance's time, and what is known of its price. */
export interface InstanceUsage {
  readonly groupId: string;
  readonly node: string;
  readonly zoneId: string;
  readonly offer: {
    readonly cpu: number;
    /** GiB. */
    readonly memory: number;
    /** The ECS type it was made from, if it was. */
    readonly instanceType?: string;
    readonly spot?: {
      /** What the market asked of the list price; absent if ECI did not tell. */
      readonly share?: number;
    };
  };
  /** Milliseconds since the epoch; when the group was made, some seconds before ECI begins to count. */
  readonly fromMs: number;
  /** Absent while it lasts. */
  readonly untilMs?: number;
  readonly namespace: string;
  readonly pod: string;
  readonly service: string;
  readonly revision: string;
}

/** A group that waits for its instance costs nothing, nor does one that got none. */
const unbilled: ReadonlySet<string> = new Set(['', 'Scheduling', 'ScheduleFailed']);

/** What of a group is to be paid for, as far as it tells; undefined if it has had no instance yet. */
export function usageOf(group: ContainerGroup): InstanceUsage | undefined {
  const { containerGroupId, status = '', creationTime = '', instanceType, discount, spotStrategy = 'NoSpot' } = group;
  const fromMs = Date.parse(creationTime);
  if (containerGroupId === undefined || unbilled.has(status) || Number.isNaN(fromMs)) return undefined;
  const tag = (wanted: string): string => group.tags?.find(({ key }) => key === wanted)?.value ?? '';
  const share = discount !== undefined && discount > 0 && discount < 100 ? { share: discount / 100 } : {};
  const untilMs = endOf(group);
  return {
    groupId: containerGroupId,
    node: tag(tagKeys.node),
    zoneId: group.zoneId ?? '',
    offer: {
      cpu: group.cpu ?? 0,
      memory: group.memory ?? 0,
      ...(instanceType ? { instanceType } : {}),
      ...(spotStrategy === 'NoSpot' ? {} : { spot: share }),
    },
    fromMs,
    ...(untilMs === undefined ? {} : { untilMs: Math.max(fromMs, untilMs) }),
    namespace: tag(tagKeys.namespace),
    pod: tag(tagKeys.pod),
    service: tag(keys.service),
    revision: tag(keys.revision),
  };
}

function endOf({ status, succeededTime, failedTime, expiredTime }: ContainerGroup): number | undefined {
  const time = { Succeeded: succeededTime, Failed: failedTime, Expired: expiredTime }[status ?? ''];
  const endMs = Date.parse(time ?? '');
  return Number.isNaN(endMs) ? undefined : endMs;
}
