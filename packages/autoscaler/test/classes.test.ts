import { parseTimeseries } from '@ebb/api/autoscaler';
import { describe, expect, it } from 'vitest';
import { LoadHistory } from '../src/pure.ts';
import { Story } from './scaler-world.ts';

const hourMs = 3_600_000;

describe('class mpa', () => {
  const annotations = { class: 'mpa.autoscaling.knative.dev', window: '6s' };

  it('makes a pod for each of a hundred requests that wait, at once', () => {
    const story = new Story({ annotations, containerConcurrency: 1, startMs: 5000 });
    story.report({ waiting: 1, averageConcurrency: 1 });
    story.report({ waiting: 100, averageConcurrency: 1 });
    expect(story.target).toBe(100);
  });

  it('counts those being served as well as those that wait', () => {
    const story = new Story({ annotations, containerConcurrency: 10 });
    story.report({ waiting: 15, pods: { a: 10, b: 6 } });
    expect(story.target).toBe(4);
  });

  it('keeps the largest want of a stable window, then goes to zero', async () => {
    const story = new Story({ annotations, containerConcurrency: 1 });
    story.report({ waiting: 10 });
    await story.pass(5);
    expect(story.target).toBe(10);
    await story.pass(20);
    expect(story.target).toBe(0);
  });
});

describe('class hpa', () => {
  const annotations = { class: 'hpa.autoscaling.knative.dev', metric: 'cpu', target: '50', window: '10s' };
  const using = (pods: number, cpuCores: number): { pods: number; cpuCores: number; memoryBytes: number } => ({
    pods,
    cpuCores,
    memoryBytes: pods * 100 * 2 ** 20,
  });

  it('scales by CPU of what is requested, and leaves a tenth of deviation alone', async () => {
    const story = new Story({ annotations, cpuRequest: 1, ready: 4 });
    story.scaler.usage = using(4, 4); // 100 % of what is requested, 50 aimed at
    await story.pass(2);
    expect(story.target).toBe(8);
    story.scaler.usage = using(8, 4.3);
    await story.pass(60);
    expect(story.target).toBe(8);
  });

  it('comes down after the stabilization window, never to zero', async () => {
    const story = new Story({ annotations, cpuRequest: 1, ready: 4 });
    story.scaler.usage = using(4, 4);
    await story.pass(2);
    story.scaler.usage = using(8, 0);
    await story.pass(6);
    expect(story.target).toBe(8);
    await story.pass(600);
    expect(story.target).toBe(1);
  });

  it('scales by memory per pod', async () => {
    const story = new Story({ annotations: { ...annotations, metric: 'memory', target: '50' }, ready: 3 });
    story.scaler.usage = using(3, 0); // 100 MiB each
    await story.pass(2);
    expect(story.target).toBe(6);
  });

  it('keeps the pods there are while nothing is measured', async () => {
    const story = new Story({ annotations, cpuRequest: 1, ready: 4 });
    await story.pass(300);
    expect(story.target).toBe(4);
  });

  it('goes by the scale subresource where it has no figures of its own', async () => {
    const story = new Story({ annotations, cpuRequest: 1, ready: 2, scale: 5 });
    await story.pass(120);
    expect([story.target, story.scaler.decisions.last?.rule]).toEqual([5, 'scale-subresource']);
    story.scaler.usage = using(5, 5); // 100 % of what is requested, 50 aimed at
    await story.pass(2);
    expect([story.target, story.scaler.measuredScale]).toEqual([10, 10]);
  });

  it('has no figures of a metric that nodes do not tell of', async () => {
    const orders = { ...annotations, metric: 'orders', target: '3', 'max-scale': '4' };
    const story = new Story({ annotations: orders, cpuRequest: 1, ready: 2, scale: 7 });
    story.scaler.usage = using(2, 2);
    await story.pass(120);
    expect([story.target, story.scaler.measuredScale]).toEqual([4, undefined]);
  });

  it('takes the larger of two metrics', async () => {
    const ppa = { class: 'ppa.autoscaling.knative.dev' };
    const both = { ...ppa, 'alicloud.autoscaling.knative.dev/metric-target': 'cpu:50,memory:25' };
    const story = new Story({ annotations: both, cpuRequest: 1, ready: 2 });
    story.scaler.usage = using(2, 1.6);
    await story.pass(2);
    expect(story.target).toBe(6); // at most four more
  });
});

describe('a schedule', () => {
  it('lifts the floor at its hour, and lets go after it', async () => {
    const annotations = { 'ebb.dev/schedule': '0 23 * * * for 1h min 4', window: '6s' };
    const story = new Story({ annotations }); // the clock shows 22:13:20
    await story.pass(2700);
    expect(story.target).toBe(0);
    await story.pass(120);
    expect(story.target).toBe(4);
    await story.pass(3600);
    expect(story.target).toBe(0);
  });

  it('has a ceiling that takes the place of the revision’s', async () => {
    const annotations = { 'ebb.dev/schedule': '* * * * * max 3', 'max-scale': '20', target: '10' };
    const story = new Story({ annotations });
    await story.pass(10, () => ({ averageConcurrency: 500 }));
    expect(story.target).toBe(3);
    expect(story.scaler.decisions.last?.rule).toBe('schedule');
  });

  it('of class ppa raises a minimum that is set, and lowers it too', async () => {
    const slices = [
      { timeSlice: '22:00:00', replicas: 7 },
      { timeSlice: '23:00:00', replicas: 1 },
    ];
    const schedule = parseTimeseries([{ name: 'day', schedule: '* * *', timeseries: slices }], 'UTC');
    const annotations = { class: 'ppa.autoscaling.knative.dev', 'min-scale': '2', 'max-scale': '5' };
    const story = new Story({ annotations, sources: { timeseries: () => schedule } });
    await story.pass(10);
    expect(story.target).toBe(7);
    story.scaler.usage = { pods: 7, cpuCores: 0, memoryBytes: 0 };
    await story.pass(4000);
    expect(story.target).toBe(1);
  });
});

describe('a forecast', () => {
  /** Ten days, each with an hour of load from 22:30. */
  const recorded = (nowMs: number): LoadHistory => {
    const history = new LoadHistory();
    for (let at = nowMs - 10 * 24 * hourMs; at < nowMs; at += 60_000) {
      const ofDay = (at / 60_000) % 1440;
      history.record(at, ofDay >= 22 * 60 + 30 && ofDay < 23 * 60 + 30 ? 100 : 0);
    }
    return history;
  };
  const annotations = {
    target: '10',
    window: '6s',
    'ebb.dev/predictive': 'auto',
    'ebb.dev/predictive-lead-time': '5m',
  };

  it('has the pods there before the load comes', async () => {
    const story = new Story({ annotations, sources: { history: () => recorded(1_700_000_000_000) } });
    await story.pass(600); // 22:23:20
    expect(story.target).toBe(0);
    await story.pass(120); // 22:25:20: five minutes ahead
    expect(story.target).toBe(15);
    expect(story.scaler.decisions.last?.rule).toBe('forecast');
  });

  it('never keeps a real spike down', async () => {
    const story = new Story({ annotations, sources: { history: () => recorded(1_700_000_000_000) } });
    await story.pass(4, () => ({ averageConcurrency: 700 }));
    expect(story.target).toBe(100);
  });

  it('only tells where it is to observe', async () => {
    const observed = { ...annotations, class: 'ahpa.autoscaling.knative.dev', 'ebb.dev/predictive': 'observer' };
    const story = new Story({ annotations: observed, sources: { history: () => recorded(1_700_000_000_000) } });
    await story.pass(720);
    expect(story.target).toBe(0);
    expect(story.scaler.foretold(story.clock.now())).toBe(15);
  });
});

describe('class spa', () => {
  it('never takes a pod away', async () => {
    const story = new Story({ annotations: { class: 'spa.autoscaling.knative.dev', target: '10', window: '6s' } });
    await story.pass(4, () => ({ averageConcurrency: 70 }));
    await story.pass(300);
    expect(story.target).toBe(10);
  });
});

describe('a reserved instance', () => {
  const annotations = { window: '6s', 'knative.aliyun.com/reserve-instance': 'enable' };

  it('takes the place of the last pod, serves while one starts, and goes when that is ready', async () => {
    const story = new Story({ annotations, startMs: 3000 });
    const { replicas } = story;
    const there = (): object => ({ standard: replicas.count, ready: replicas.ready, reserve: replicas.reserveReady });
    await story.pass(4);
    expect(there()).toEqual({ standard: 1, ready: 1, reserve: 0 });
    // At idle the standard pod stays until the reserved one is ready.
    const seen: object[] = [];
    for (let second = 0; second < 20; second++) {
      await story.pass(1);
      story.scaler.tick(story.clock.now());
      seen.push(there());
    }
    expect(seen).not.toContainEqual({ standard: 0, ready: 0, reserve: 0 });
    expect(there()).toEqual({ standard: 0, ready: 0, reserve: 1 });
    // The reserved pod serves the request: none waits, and yet a standard pod is made at once.
    story.report({ averageConcurrency: 1, requestCount: 1, pods: { reserved: 1 } });
    expect(there()).toEqual({ standard: 1, ready: 0, reserve: 1 });
    await story.pass(4, () => ({ averageConcurrency: 1, pods: { reserved: 1 } }));
    expect(there()).toEqual({ standard: 1, ready: 1, reserve: 0 });
  });
});

describe('a revision that nothing routes to', () => {
  it.each<[string, Record<string, string>]>([
    ['a reserved pod', { 'knative.aliyun.com/reserve-instance': 'enable' }],
    ['pods of a schedule', { 'ebb.dev/schedule': '* * * * * min 5' }],
    ['pods of a class that never goes down', { class: 'spa.autoscaling.knative.dev' }],
  ])('keeps no %s', async (_what, given) => {
    const story = new Story({ annotations: { window: '6s', ...given }, reachability: 'Unreachable', ready: 3 });
    await story.pass(120);
    expect([story.target, story.replicas.count, story.replicas.reserveReady]).toEqual([0, 0, 0]);
  });
});
