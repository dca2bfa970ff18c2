import { textOf } from '@ebb/base/metrics';
import { FakeClock, eventually } from '@ebb/base/testing';
import { expect, it } from 'vitest';
import type { RateAnswer } from '../duties/rate-counters.ts';
import { RequestMetrics } from '../metrics/request-metrics.ts';
import { type StatDeliveries, emptyReport } from '../metrics/metrics-report.ts';
import { MainLink } from './main-link.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { WorkerHub } from './worker-hub.ts';

interface Worker {
  readonly link: MainLink;
  readonly metrics: RequestMetrics;
  /** To be set as its reports fare. */
  stats: StatDeliveries;
  /** Messages it has sent. */
  readonly sent: FromWorker[];
  kill(): void;
}

/** @param known Revisions there are. */
function startWorker(hub: WorkerHub, clock: FakeClock, known: ReadonlySet<string>): Worker {
  const sent: FromWorker[] = [];
  let hear: (message: ToWorker) => void = () => {};
  // As between processes: nothing that is sent changes any more.
  const seat = hub.join((message) => queueMicrotask(() => hear(structuredClone(message))));
  const metrics = new RequestMetrics((key) => known.has(key));
  const link = new MainLink(clock, {
    send: (message) => {
      sent.push(message);
      const copy = structuredClone(message);
      queueMicrotask(() => seat.take(copy));
    },
    listen: (take) => {
      hear = take;
      return { [Symbol.dispose]: () => {} };
    },
  });
  const worker: Worker = { link, metrics, sent, stats: emptyReport.stats, kill: () => seat.leave() };
  link.tell({
    report: (what) => ({
      revisions: (what === 'all' ? [...metrics.keys()] : metrics.changed()).map((key) => {
        const [namespace = '', revision = ''] = key.split('/');
        const labels = { namespace, revision, service: 'hello', configuration: 'hello' };
        return { ...labels, waiting: 0, active: 1, outcomes: [...metrics.of(key)] };
      }),
      unrouted: metrics.unrouted,
      turnedAway: metrics.turnedAway,
      stats: worker.stats,
    }),
    unknown: (keys) => keys.filter((key) => !known.has(key)),
  });
  return worker;
}

const bodiless = { requestBytes: 0, responseBytes: 0 };

it('adds up what workers count, and keeps what those have counted that are no more', async () => {
  const clock = new FakeClock();
  const hub = new WorkerHub(clock);
  const known = new Set(['default/a', 'default/b']);
  const [one, two] = [startWorker(hub, clock, known), startWorker(hub, clock, known)];
  one.metrics.observe('default/a', { status: 200, durationMs: 3, ...bodiless });
  two.metrics.observe('default/a', { status: 200, durationMs: 30, ...bodiless });
  two.metrics.observe('default/a', { status: 503, durationMs: 1, ...bodiless });
  two.metrics.observe('default/b', { status: 200, durationMs: 1, ...bodiless });
  for (const { metrics } of [one, two]) metrics.refused('no-route', 404);
  one.stats = { cutOff: 0, errors: 2 };
  two.stats = { cutOff: 1, errors: 1 };
  const text = (): Promise<string> => textOf((out) => hub.metrics(out));
  const valueOf = async (...parts: readonly string[]): Promise<string | undefined> =>
    (await text())
      .split('\n')
      .find((line) => parts.every((part) => line.includes(part)))
      ?.split('} ')[1];
  const count = (revision: string): Promise<string | undefined> =>
    valueOf('activator_request_count{', `revision_name="${revision}"`, 'response_code="200"');
  expect(await count('a')).toBe('2');
  expect(await valueOf('activator_request_latencies_bucket{', '="a"', '="200"', 'le="5"}')).toBe('1');
  expect(await valueOf('activator_request_latencies_bucket{', '="a"', '="200"', 'le="50"}')).toBe('2');
  expect(await valueOf('ebb_unrouted_requests_total{')).toBe('2');
  expect(await valueOf('kn_revision_request_active{', '="a"')).toBe('2');
  const toAutoscaler = (): Promise<unknown> =>
    Promise.all(['reachable', 'errors_total'].map((name) => valueOf(`kn_activator_stats_conn_${name}{`)));
  expect(await toAutoscaler()).toEqual(['0', '3']);

  // What it had counted since was told in time.
  two.metrics.observe('default/a', { status: 200, durationMs: 3, ...bodiless });
  await clock.advance(1000);
  await eventually(() => two.sent.some(({ type, id }) => type === 'metrics' && id === 0));
  two.kill();
  expect([await count('a'), await count('b')]).toEqual(['3', '1']);
  expect(await valueOf('ebb_unrouted_requests_total{')).toBe('2');
  expect(await valueOf('kn_revision_request_active{', '="a"')).toBe('1');
  expect(await toAutoscaler()).toEqual(['1', '3']);
  const three = startWorker(hub, clock, known);
  three.metrics.observe('default/a', { status: 200, durationMs: 3, ...bodiless });
  expect([await count('a'), await count('b')]).toEqual(['4', '1']);

  known.delete('default/b');
  await text();
  expect([await count('a'), await count('b')]).toEqual(['4', undefined]);
});

it('lets no more requests through than one gateway would, and asks nobody about a flood', async () => {
  const clock = new FakeClock();
  const hub = new WorkerHub(clock);
  const workers = Array.from({ length: 4 }, () => startWorker(hub, clock, new Set()));
  const limits = { total: { perSecond: 10, burst: 20 }, perClient: undefined };
  const flood = async (): Promise<number> => {
    const answers: RateAnswer[] = [];
    for (const { link } of workers)
      for (let i = 0; i < 50; i++)
        link.rates.take({ route: 'default/hello', client: 'a', limits }, (answer) => answers.push(answer));
    await eventually(() => answers.length === 200);
    return answers.filter(({ waitMs }) => waitMs === 0).length;
  };
  const asked = (): number => workers.reduce((sum, { sent }) => sum + sent.length, 0);
  expect([await flood(), asked()]).toEqual([20, 4]);
  expect([await flood(), asked()]).toEqual([0, 4]);
  await clock.advance(1000);
  expect([await flood(), asked()]).toEqual([10, 8]);
});

it('decides by itself while nobody answers', async () => {
  const clock = new FakeClock();
  const link = new MainLink(clock, { send: () => {}, listen: () => ({ [Symbol.dispose]: () => {} }) });
  const limits = { total: undefined, perClient: { perSecond: 1, burst: 2 } };
  const waits: number[] = [];
  for (let i = 0; i < 3; i++)
    link.rates.take({ route: 'default/hello', client: 'a', limits }, ({ waitMs }) => waits.push(waitMs));
  await new Promise(setImmediate);
  expect(waits).toEqual([]);
  await clock.advance(250);
  expect(waits).toEqual([0, 0, 1000]);
});
