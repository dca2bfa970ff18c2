import type { Group } from '../groups/group.ts';
import { eciTime } from './time.ts';

/** One item of the answer to `DescribeContainerGroupEvents`. */
export function groupEventsAnswer(group: Group): object {
  const tag = (key: string): string => group.spec.tags.find((each) => each.key === key)?.value ?? '';
  const pod = { name: tag('PodName'), namespace: tag('NameSpace') };
  return {
    ContainerGroupId: group.id,
    Name: pod.name,
    Namespace: pod.namespace,
    uuid: tag('UID'),
    Events: group.events.map((event) => ({
      Type: event.type,
      Reason: event.reason,
      Message: event.message,
      Count: event.count,
      FirstTimestamp: eciTime(event.firstAtMs),
      LastTimestamp: eciTime(event.lastAtMs),
      Metadata: { Name: `${pod.name}.${group.id}`, Namespace: pod.namespace },
      Source: { Component: 'EciService', Host: '' },
      involvedObject: { kind: 'Pod', apiVersion: 'v1', name: pod.name, namespace: pod.namespace, uid: tag('UID') },
      ReportingComponent: 'EciService',
      ReportingInstance: group.id,
    })),
  };
}
