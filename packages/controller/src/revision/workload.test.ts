import { type Condition, type Pod, type PodAutoscaler, type PodStatus, keys } from '@ebb/api';
import { describe, expect, it } from 'vitest';
import { type Observation, judgeWorkload } from './workload.ts';

const start = 1_700_000_000_000;
const minute = 60_000;
const at = (ms: number): string => new Date(ms).toISOString();

const pod = (status: PodStatus, name = 'p', metadata: Pod['metadata'] = {}): Pod => ({
  metadata: { name, ...metadata },
  spec: { containers: [] },
  status,
});
const ready: PodStatus = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
const container = { name: 'c', image: '', imageID: '', ready: false, restartCount: 0 };
const waiting = (reason: string, message: string): PodStatus => ({
  phase: 'Pending',
  containerStatuses: [{ ...container, state: { waiting: { reason, message } } }],
});
const crashed = (exitCode: number, message?: string): PodStatus => ({
  phase: 'Running',
  containerStatuses: [
    { ...container, restartCount: 1, lastState: { terminated: { exitCode, ...(message ? { message } : {}) } } },
  ],
});

function podAutoscaler(conditions: Condition[], desiredScale = 1): PodAutoscaler {
  return { metadata: { name: 'r' }, spec: { scaleTargetRef: {} }, status: { desiredScale, conditions } };
}
const queued = podAutoscaler([
  { type: 'Active', status: 'Unknown', reason: 'Queued', lastTransitionTime: at(start) },
  { type: 'Ready', status: 'Unknown', reason: 'Queued' },
  { type: 'ScaleTargetInitialized', status: 'Unknown' },
]);
const idle = podAutoscaler(
  [
    { type: 'Active', status: 'False', reason: 'NoTraffic' },
    { type: 'Ready', status: 'False', reason: 'NoTraffic' },
    { type: 'ScaleTargetInitialized', status: 'True' },
  ],
  0,
);
const active = podAutoscaler([
  { type: 'Active', status: 'True' },
  { type: 'Ready', status: 'True' },
  { type: 'ScaleTargetInitialized', status: 'True' },
]);
const givenUp = podAutoscaler(
  [
    { type: 'Active', status: 'False', reason: 'TimedOut' },
    { type: 'Ready', status: 'False', reason: 'TimedOut' },
    { type: 'ScaleTargetInitialized', status: 'Unknown' },
  ],
  0,
);

const observe = (seen: Partial<Observation>): Observation => ({
  pods: [],
  podAutoscaler: queued,
  before: { resourcesAvailable: undefined, containerHealthy: undefined },
  createdMs: start,
  progressDeadlineMs: 10 * minute,
  alwaysSchedulable: false,
  probe: 'TCP connection to port 8080',
  ...seen,
});
const failedBefore: Observation['before'] = {
  resourcesAvailable: { type: 'ResourcesAvailable', status: 'True' },
  containerHealthy: {
    type: 'ContainerHealthy',
    status: 'False',
    reason: 'ExitCode1',
    message: 'Container failed with: x',
  },
};

const deploying = { status: 'Unknown', reason: 'Deploying' };
const fine = { status: 'True' };

describe('the workload of a Revision', () => {
  it('tells that the cluster refuses its Pods', () => {
    const message = 'Pod is invalid: spec.containers[0].resources.requests: Invalid value: "2"';
    const given = message.replace('Pod', 'Pod "hello-00001-deployment-x7k2p"');
    const refused = podAutoscaler([{ type: 'Active', status: 'Unknown', reason: 'FailedCreate', message: given }], -1);
    expect(judgeWorkload(observe({ podAutoscaler: refused }), start)).toMatchObject({
      resourcesAvailable: { status: 'False', reason: 'FailedCreate', message },
    });
    const running = observe({ podAutoscaler: refused, pods: [pod(ready)] });
    expect(judgeWorkload(running, start).resourcesAvailable).toEqual(deploying);
  });

  it('is deploying until its initial scale is reached, also with an instance ready', () => {
    expect(judgeWorkload(observe({ podAutoscaler: undefined }), start)).toMatchObject({
      resourcesAvailable: deploying,
      containerHealthy: deploying,
    });
    expect(judgeWorkload(observe({ pods: [pod(ready)] }), start)).toMatchObject({
      resourcesAvailable: deploying,
      containerHealthy: fine,
    });
    expect(judgeWorkload(observe({ pods: [pod(ready)], podAutoscaler: active }), start)).toEqual({
      resourcesAvailable: fine,
      containerHealthy: fine,
      failing: false,
    });
  });

  it('stays fine at zero', () => {
    expect(judgeWorkload(observe({ podAutoscaler: idle }), start)).toEqual({
      resourcesAvailable: fine,
      containerHealthy: fine,
      failing: false,
    });
  });

  it.each([
    ['an image that cannot be had', waiting('ImagePullBackOff', 'no such image'), 'ImagePullBackOff', 'no such image'],
    [
      'no place',
      {
        phase: 'Pending',
        conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes' }],
      } as PodStatus,
      'Unschedulable',
      '0/1 nodes',
    ],
    [
      'a refusal of the cloud',
      { phase: 'Pending', reason: 'ProviderFailed', message: 'quota' } as PodStatus,
      'ProviderFailed',
      'quota',
    ],
  ])('says at once that there is %s', (_what, status, reason, message) => {
    const verdict = judgeWorkload(observe({ pods: [pod(status)] }), start);
    expect(verdict).toMatchObject({
      resourcesAvailable: { status: 'False', reason, message },
      containerHealthy: deploying,
      failing: true,
    });
  });

  it('does not take a container that is being created for a failure', () => {
    const verdict = judgeWorkload(observe({ pods: [pod(waiting('ContainerCreating', ''))] }), start);
    expect(verdict).toMatchObject({ resourcesAvailable: deploying, failing: false });
  });

  it.each([
    [crashed(7, 'boom\n'), 'ExitCode7', 'Container failed with: boom'],
    [crashed(2), 'ExitCode2', 'Container failed with: exit code 2, and no output'],
    [crashed(0), 'ExitCode0', 'Container failed with: container exited with no error'],
  ])('tells how a container ended', (status, reason, message) => {
    const verdict = judgeWorkload(observe({ pods: [pod(status)] }), start);
    expect(verdict.containerHealthy).toEqual({ status: 'False', reason, message });
  });

  it('does not blame the Revision for an instance that was taken away', () => {
    const taken: PodStatus = { ...crashed(137), phase: 'Failed', reason: 'BidFailed' };
    expect(judgeWorkload(observe({ pods: [pod(taken)], podAutoscaler: active }), start).containerHealthy).toEqual(fine);
  });

  it('looks neither at Pods on their way out nor at crashes while another instance is ready', () => {
    const draining = pod(crashed(1), 'a', { annotations: { [keys.draining]: at(start) } });
    const deleted = pod(crashed(1), 'b', { deletionTimestamp: at(start) });
    expect(
      judgeWorkload(observe({ pods: [draining, deleted], podAutoscaler: active }), start).containerHealthy,
    ).toEqual(fine);
    expect(
      judgeWorkload(observe({ pods: [pod(crashed(1)), pod(ready, 'q')], podAutoscaler: active }), start)
        .containerHealthy,
    ).toEqual(fine);
  });

  it('keeps a failure until an instance is ready', () => {
    const before = failedBefore;
    const stopped = judgeWorkload(observe({ before, podAutoscaler: givenUp }), start);
    expect(stopped).toMatchObject({
      containerHealthy: { reason: 'ExitCode1' },
      resourcesAvailable: deploying,
      failing: false,
    });
    const mended = judgeWorkload(observe({ before, pods: [pod(ready)], podAutoscaler: active }), start);
    expect(mended).toMatchObject({ containerHealthy: fine, resourcesAvailable: fine });
  });

  it('fails when no instance is ready by the deadline, and asks to be looked at then', () => {
    const status: PodStatus = {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'False', message: 'connection refused' }],
    };
    const observation = observe({ pods: [pod(status)] });
    expect(judgeWorkload(observation, start)).toMatchObject({
      resourcesAvailable: deploying,
      lookAgainMs: start + 10 * minute,
    });
    const late = judgeWorkload(observation, start + 10 * minute);
    expect(late.resourcesAvailable).toEqual({
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message:
        'No instance became ready within 600s (readiness probe: TCP connection to port 8080): connection refused',
    });
    expect(late.lookAgainMs).toBeUndefined();
    expect(judgeWorkload(observe({}), start + 10 * minute).resourcesAvailable.message).toBe(
      'No instance was started within 600s',
    );
  });

  it('says at the deadline how an init container fails that still tries', () => {
    const failing = {
      ...container,
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { exitCode: 1, message: 'no database\n' } },
    };
    const done = { ...failing, name: 'done', state: { terminated: { exitCode: 0 } } };
    const observation = observe({ pods: [pod({ phase: 'Pending', initContainerStatuses: [done, failing] })] });
    expect(judgeWorkload(observation, start)).toMatchObject({ resourcesAvailable: deploying, failing: false });
    expect(judgeWorkload(observation, start + 10 * minute).resourcesAvailable.message).toContain(
      ': init container "c" failed with: no database',
    );
  });

  it('fails when the autoscaler has given up before the initial scale', () => {
    expect(judgeWorkload(observe({ podAutoscaler: givenUp }), start).resourcesAvailable).toEqual({
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: 'Initial scale was never achieved',
    });
  });
});
