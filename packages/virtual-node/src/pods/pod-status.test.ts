import { type Pod, keys } from '@ebb/api';
import { describe, expect, it } from 'vitest';
import type { ContainerGroup } from '../eci/eci.ts';
import { hadGroup, instanceIdAnnotation, podFacts } from './pod-status.ts';
import { transitions } from './transitions.ts';

const pod: Pod = {
  metadata: { name: 'p', namespace: 'default', uid: 'u' },
  spec: { containers: [{ name: 'c', image: 'dev.local/hello', ports: [{ containerPort: 8080 }] }] },
};
const context = { now: '2026-01-01T00:00:10Z', hostIP: '127.0.0.1' };
const group = (status: string, container: object = {}, more: object = {}): ContainerGroup =>
  ({
    containerGroupId: 'eci-1',
    status,
    containers: [{ name: 'c', ports: [{ port: 8080 }], ...container }],
    ...more,
  }) as ContainerGroup;
const running = { ready: true, currentState: { state: 'Running', startTime: '2026-01-01T00:00:05Z' } };

const ready = (status: Pod['status']): string | undefined =>
  status?.conditions?.find(({ type }) => type === 'Ready')?.status;

describe('podFacts', () => {
  it.each([
    ['Scheduling', {}, 'Pending', 'False'],
    ['Pending', {}, 'Pending', 'False'],
    ['Running', {}, 'Running', 'False'],
    ['Running', running, 'Running', 'True'],
    ['Terminating', running, 'Running', 'False'],
    ['Restarting', running, 'Pending', 'False'],
    ['Succeeded', {}, 'Succeeded', 'False'],
    ['Failed', {}, 'Failed', 'False'],
    ['Expired', {}, 'Failed', 'False'],
    ['ScheduleFailed', {}, 'Pending', 'False'],
  ])('of a group %s with %j is phase %s, Ready %s', (status, container, phase, isReady) => {
    const facts = podFacts(pod, group(status, container), context);
    expect([facts.status.phase, ready(facts.status)]).toEqual([phase, isReady]);
  });

  it('tells address, group, and the port where it is another than asked for', () => {
    const same = podFacts(pod, group('Running', running, { intranetIp: '10.0.0.7' }), context);
    expect(same.status.podIP).toBe('10.0.0.7');
    expect(same.annotations).toEqual({ [instanceIdAnnotation]: 'eci-1', [keys.userPort]: undefined });
    const more = { cpu: 2, memory: 1, vpcId: 'vpc-1', eniInstanceId: 'eni-1', internetIp: '198.51.100.7' };
    expect(podFacts(pod, group('Running', running, more), context).annotations).toMatchObject({
      'k8s.aliyun.com/eci-instance-spec': '2-1Gi',
      'k8s.aliyun.com/eci-vpc': 'vpc-1',
      'k8s.aliyun.com/eni-instance-id': 'eni-1',
      'k8s.aliyun.com/allocated-eipAddress': '198.51.100.7',
    });
    const other = podFacts(pod, group('Running', { ...running, ports: [{ port: 40_001 }] }), context);
    expect(other.annotations[keys.userPort]).toBe('40001');
  });

  it('is ready when others say so too, whose conditions stay', () => {
    const gated = (...conditions: object[]): Pod =>
      ({
        ...pod,
        spec: { ...pod.spec, readinessGates: [{ conditionType: 'example.com/balanced' }] },
        status: { conditions },
      }) as unknown as Pod;
    const said = (...conditions: object[]): unknown[] => {
      const { status } = podFacts(gated(...conditions), group('Running', running), context);
      return [...(status.conditions ?? [])].map(({ type, status: is, message }) => [type, is, message].join(' '));
    };
    expect(said()).toContainEqual(expect.stringMatching(/^Ready False .*"example.com\/balanced" does not exist/));
    const disrupted = { type: 'DisruptionTarget', status: 'True' };
    const open = said({ type: 'example.com/balanced', status: 'True' }, disrupted);
    expect(open).toEqual(expect.arrayContaining(['Ready True ', 'ContainersReady True ', 'DisruptionTarget True ']));
  });

  it('tells that a container for debugging cannot be added', () => {
    const spec = { ...pod.spec, ephemeralContainers: [{ name: 'debugger', image: 'busybox' }] };
    const { status } = podFacts({ ...pod, spec }, group('Running', running), context);
    expect(status.ephemeralContainerStatuses?.[0]).toMatchObject({ state: { terminated: { exitCode: 128 } } });
    const [event] = transitions(pod, { ...status, containerStatuses: [] });
    expect(event?.message).toContain('spec.ephemeralContainers["debugger"]');
  });

  it('was never initialized if it failed in the beginning', () => {
    const failing = { ...pod, spec: { ...pod.spec, initContainers: [{ name: 'i' }] } } as Pod;
    const ended = { name: 'i', currentState: { state: 'Terminated', exitCode: 2 } };
    const { status } = podFacts(failing, group('Failed', {}, { initContainers: [ended] }), context);
    const message = 'containers with incomplete status: [i]';
    expect(status.conditions).toContainEqual(
      expect.objectContaining({ type: 'Initialized', status: 'False', reason: 'ContainersNotInitialized', message }),
    );
  });

  it('counts a sidecar as one that has begun, and must be ready', () => {
    const spec = { ...pod.spec, initContainers: [{ name: 's', restartPolicy: 'Always' }] };
    const of = (sidecar: object): ReturnType<typeof podFacts>['status'] => {
      const { containers = [] } = group('Running', running);
      const all = [{ name: 's', ...sidecar }, ...containers];
      return podFacts({ ...pod, spec }, group('Running', {}, { containers: all }), context).status;
    };
    const conditions = ({ conditions = [] }: ReturnType<typeof of>): string[] =>
      conditions.flatMap(({ type, status }) => (['Initialized', 'Ready'].includes(type) ? `${type} ${status}` : []));
    const begun = of({ ...running, ready: false });
    expect(begun.initContainerStatuses).toMatchObject([{ name: 's', started: true, ready: false }]);
    expect(conditions(begun)).toEqual(['Initialized True', 'Ready False']);
    expect(conditions(of(running))).toEqual(['Initialized True', 'Ready True']);
  });

  it('tells which image runs, whatever the pod would have by now', () => {
    const { status } = podFacts(pod, group('Running', { ...running, image: 'dev.local/before' }), context);
    expect(status.containerStatuses?.[0]?.image).toBe('dev.local/before');
  });

  it('is of a group of its own, and not of the pod it is a copy of', () => {
    const { status, annotations } = podFacts(pod, group('Running', running), context);
    const told = { ...pod, metadata: { ...pod.metadata, annotations: annotations as Record<string, string> } };
    expect(hadGroup({ ...told, status })).toBe(true);
    expect(hadGroup({ ...told, status: { conditions: status.conditions ?? [] } })).toBe(false);
    expect(hadGroup({ ...pod, status })).toBe(false);
  });

  it('keeps the time of a condition that has not changed', () => {
    const first = podFacts(pod, group('Running', running), context).status;
    const later = podFacts({ ...pod, status: first }, group('Running', running), {
      ...context,
      now: '2026-01-01T00:09:00Z',
    }).status;
    expect(later).toEqual(first);
  });

  it('keeps exit code and last words of a container that was restarted', () => {
    const ended = { state: 'Terminated', exitCode: 3, message: 'no database', finishTime: '2026-01-01T00:00:06Z' };
    const waiting = { state: 'Waiting', reason: 'CrashLoopBackOff', message: 'back-off 10s' };
    const { status } = podFacts(
      pod,
      group('Running', { restartCount: 1, currentState: waiting, previousState: ended }),
      context,
    );
    expect(status.containerStatuses?.[0]).toMatchObject({
      restartCount: 1,
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { exitCode: 3, reason: 'Error', message: 'no database' } },
    });
    expect(transitions(pod, status).map(({ reason }) => reason)).toEqual(['BackOff']);
    expect(transitions({ ...pod, status }, status)).toEqual([]);
  });

  it.each([
    ['Failed', { state: 'Waiting', reason: 'ImagePullBackOff' }, 'DeadlineExceeded'],
    ['Failed', { state: 'Running', startTime: '2026-01-01T00:00:06Z' }, 'DeadlineExceeded'],
    ['Expired', { state: 'Running', startTime: '2026-01-01T00:00:06Z' }, 'BidFailed'],
  ])('ends what still waits or runs in a group that is %s: %o', (groupStatus, currentState, reason) => {
    const events = [{ reason: 'DeadlineExceeded', message: 'too long' }];
    const { status } = podFacts(pod, group(groupStatus, { currentState }, { events }), context);
    expect(status).toMatchObject({
      phase: 'Failed',
      reason,
      containerStatuses: [{ ready: false, started: false, state: { terminated: { exitCode: 137, reason } } }],
    });
  });
});
