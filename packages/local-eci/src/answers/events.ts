import type { EventSource, Group, RecordedEvent } from '../groups/group.ts';
import { eciTime } from './time.ts';

/** Which events of a group; default: all. */
interface WantedEvents {
  readonly source?: EventSource | undefined;
  /** Such as came since then, in milliseconds since the epoch. */
  readonly sinceMs?: number | undefined;
}

/** One item of the answer to `DescribeContainerGroupEvents`. */
export function groupEventsAnswer(group: Group, { source, sinceMs = 0 }: WantedEvents): object {
  const tag = (key: string): string => group.spec.tags.find((each) => each.key === key)?.value ?? '';
  const isWanted = (event: RecordedEvent): boolean =>
    (source ?? event.source) === event.source && event.lastAtMs >= sinceMs;
  const pod = { name: tag('PodName'), namespace: tag('NameSpace') };
  return {
    ContainerGroupId: group.id,
    Name: pod.name,
    Namespace: pod.namespace,
    uuid: tag('UID'),
    Events: group.events.filter(isWanted).map((event) => ({
      Type: event.type,
      Reason: event.reason,
      Message: event.message,
      Count: event.count,
      FirstTimestamp: eciTime(event.firstAtMs),
      LastTimestamp: eciTime(event.lastAtMs),
      Metadata: { Name: `${pod.name}.${group.id}`, Namespace: pod.namespace },
      Source: { Component: event.source, Host: '' },
      involvedObject: { Kind: 'Pod', ApiVersion: 'v1', Name: pod.name, Namespace: pod.namespace, Uid: tag('UID') },
      ReportingComponent: event.source,
      ReportingInstance: group.id,
    })),
  };
}
