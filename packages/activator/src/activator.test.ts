import type { StatReport } from '@ebb/api';
import { silentLogger } from '@ebb/base';
import { FakeClock } from '@ebb/base/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Activator, type Waiter } from './activator.ts';
import type { ActivatorOptions } from './activator-options.ts';
import type { Lease } from './lease.ts';
import type { Readiness } from './readiness.ts';
import type { PodState, RevisionConfig } from './revision-types.ts';

const key = 'default/hello-00001';

const tcp: Readiness = { kind: 'tcp', timeoutMs: 1000, successThreshold: 1, initialDelayMs: 0 };

const config = (containerConcurrency = 0, more: Partial<RevisionConfig> = {}): RevisionConfig => ({
  containerConcurrency,
  readiness: tcp,
  ...more,
});

const pod = (name: string, more: Partial<PodState> = {}): PodState => ({
  name,
  address: { host: '127.0.0.1', port: 8080 },
  ready: true,
  draining: false,
  ...more,
});

interface World extends Disposable {
  readonly clock: FakeClock;
  readonly activator: Activator;
  readonly reports: StatReport[];
  /** Enters, and notes how it goes on. */
  enter(): Visit;
}

interface Visit {
  lease: Lease | undefined;
  refused: string | undefined;
  waiter: Waiter | undefined;
}

function createWorld(options: Partial<ActivatorOptions> = {}): World {
  // Load is told of at this moment of each second.
  const clock = new FakeClock(1_700_000_000_100);
  const reports: StatReport[] = [];
  const activator = new Activator({
    clock,
    logger: silentLogger,
    random: () => 0.5,
    gateway: 'gateway-1',
    sendStats: (report) => void reports.push(report),
    attempt: () => Promise.resolve(false),
    ...options,
  });
  const enter = (): Visit => {
    const visit: Visit = { lease: undefined, refused: undefined, waiter: undefined };
    try {
      const entered = activator.enter(key, {
        granted: (lease) => void (visit.lease = lease),
        refused: ({ reason }) => void (visit.refused = reason),
      });
      if ('release' in entered) visit.lease = entered;
      else visit.waiter = entered;
    } catch (error) {
      visit.refused = (error as { reason: string }).reason;
    }
    return visit;
  };
  return { clock, activator, reports, enter, [Symbol.dispose]: () => activator[Symbol.dispose]() };
}

function perform(what: string, visit: Visit, over: Set<Visit>): void {
  if (!visit.lease && what !== 'cancel') return;
  over.add(visit);
  if (what === 'release') visit.lease?.release();
  if (what === 'fail') visit.lease?.connectFailed();
  if (what === 'cancel' && visit.lease) over.delete(visit);
  else if (what === 'cancel') visit.waiter?.cancel();
}

function change({ activator }: World, what: string, name: string): void {
  if (what === 'delete') activator.deletePod(key, name);
  else activator.setPod(key, pod(name, { draining: what === 'drain' }));
}

describe('slots', () => {
  it('go to those who wait in the order they came, never above the container concurrency', () => {
    using world = createWorld();
    world.activator.setRevision(key, config(2));
    const visits = Array.from({ length: 5 }, () => world.enter());
    expect(visits.some(({ lease }) => lease)).toBe(false);
    world.activator.setPod(key, pod('a'));
    expect(visits.map(({ lease }) => lease?.podName)).toEqual(['a', 'a', undefined, undefined, undefined]);
    expect(visits[0]?.lease?.waited).toBe(true);
    visits[1]!.lease!.release();
    visits[1]!.lease!.release();
    expect(visits.map(({ lease }) => Boolean(lease))).toEqual([true, true, true, false, false]);
  });

  it('are given at once when there are some', () => {
    using world = createWorld();
    world.activator.setRevision(key, config());
    world.activator.setPod(key, pod('a'));
    expect(world.enter().lease?.waited).toBe(false);
  });

  it('pass by one who has left', () => {
    using world = createWorld();
    world.activator.setRevision(key, config(1));
    const [first, second] = [world.enter(), world.enter()];
    first.waiter?.cancel();
    first.waiter?.cancel();
    world.activator.setPod(key, pod('a'));
    expect([first.lease, second.lease?.podName]).toEqual([undefined, 'a']);
    expect(world.activator.waiting).toBe(0);
  });

  it('are not given on a pod that drains, nor on one that is gone', () => {
    using world = createWorld();
    world.activator.setRevision(key, config(1));
    world.activator.setPod(key, pod('a', { draining: true }));
    expect(world.enter().lease).toBeUndefined();
    world.activator.setPod(key, pod('b'));
    world.activator.deletePod(key, 'b');
    expect(world.enter().lease).toBeUndefined();
  });

  it('follow a model through any history, and nobody is lost', () => {
    const action = fc.oneof(
      fc.record({ do: fc.constantFrom('enter' as const, 'tick' as const) }),
      fc.record({ do: fc.constantFrom('release' as const, 'cancel' as const, 'fail' as const), visit: fc.nat(30) }),
      fc.record({ do: fc.constantFrom('ready' as const, 'drain' as const, 'delete' as const), pod: fc.nat(3) }),
    );
    fc.assert(
      fc.property(fc.constantFrom(1, 2, 3, 5), fc.array(action, { maxLength: 120 }), (cc, actions) => {
        using world = createWorld();
        world.activator.setRevision(key, config(cc));
        const visits: Visit[] = [];
        const over = new Set<Visit>();
        for (const step of actions) {
          const visit = 'visit' in step ? visits[step.visit] : undefined;
          if (step.do === 'enter') visits.push(world.enter());
          if (visit && !over.has(visit)) perform(step.do, visit, over);
          if ('pod' in step) change(world, step.do, `p${step.pod}`);

          const open = visits.filter((visit) => visit.lease && !over.has(visit));
          const inLine = visits.filter((visit) => !visit.lease && !over.has(visit));
          // A pod deleted and made again under its name is another pod, so only names never deleted are compared.
          const held = ['p0', 'p1', 'p2', 'p3']
            .filter((name) => !actions.some((s) => s.do === 'delete' && 'pod' in s && `p${s.pod}` === name))
            .map((name) => open.filter(({ lease }) => lease?.podName === name).length);
          expect(Math.max(0, ...held)).toBeLessThanOrEqual(cc);
          expect(world.activator.waiting).toBe(inLine.length);
          // First come, first served: nobody who waits came before someone who was served.
          const lastServed = visits.findLastIndex((visit) => visit.lease);
          const firstInLine = inLine[0] ? visits.indexOf(inLine[0]) : Infinity;
          expect(lastServed).toBeLessThan(firstInLine);
        }
        // A pod of its own for each: everybody is served in the end.
        for (let i = 0; i < visits.length; i++) world.activator.setPod(key, pod(`last-${i}`));
        expect(visits.filter((visit) => !visit.lease && !over.has(visit))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('can be awaited', async () => {
    using world = createWorld();
    world.activator.setRevision(key, config(1));
    const stop = new AbortController();
    const aborted = world.activator.acquire(key, { signal: stop.signal });
    const served = world.activator.acquire(key);
    stop.abort(new Error('left'));
    await expect(aborted).rejects.toThrow('left');
    world.activator.setPod(key, pod('a'));
    expect((await served).podName).toBe('a');
  });
});

describe('the line', () => {
  it('is bounded, for each revision and in all', () => {
    using world = createWorld({ limits: { waitingPerRevision: 2, waiting: 3 } });
    world.activator.setRevision(key, config());
    world.activator.setRevision('default/other', config());
    expect([world.enter(), world.enter(), world.enter()].map(({ refused }) => refused)).toEqual([
      undefined,
      undefined,
      'queue-full',
    ]);
    const caller = { granted: (): void => {}, refused: (): void => {} };
    world.activator.enter('default/other', caller);
    expect(() => world.activator.enter('default/other', caller)).toThrow('pending request queue full');
  });

  it('is dissolved when the revision fails or is deleted', () => {
    using world = createWorld();
    world.activator.setRevision(key, config());
    const first = world.enter();
    world.activator.setRevision(key, config(0, { failure: 'ExitCode1: boom' }));
    expect([first.refused, world.enter().refused]).toEqual(['revision-failed', 'revision-failed']);
    world.activator.setPod(key, pod('a'));
    expect(world.enter().lease).toBeDefined();
    world.activator.setRevision(key, config());
    world.activator.deletePod(key, 'a');
    const second = world.enter();
    world.activator.deleteRevision(key);
    expect(second.refused).toBe('revision-missing');
  });

  it('lets requests wait for a revision that has served and fails, until the failure stays', async () => {
    using world = createWorld();
    const failed = config(0, { failure: 'ExitCode1: boom' });
    world.activator.setRevision(key, config());
    world.activator.setPod(key, pod('a'));
    world.activator.setPod(key, pod('a', { ready: false }));
    world.activator.setRevision(key, failed);
    const early = world.enter();
    await world.clock.advance(10_000);
    world.activator.setRevision(key, failed);
    const late = world.enter();
    world.activator.setPod(key, pod('a'));
    expect([early, late].map(({ lease }) => lease?.podName)).toEqual(['a', 'a']);

    world.activator.setPod(key, pod('a', { ready: false }));
    const unlucky = world.enter();
    expect(unlucky.refused).toBeUndefined();
    await world.clock.advance(5000);
    expect([unlucky.refused, world.enter().refused]).toEqual(['revision-failed', 'revision-failed']);

    world.activator.setRevision(key, config());
    world.activator.setRevision(key, failed);
    expect(world.enter().refused).toBeUndefined();
  });

  it('keeps a request for an unheard-of revision for a moment', async () => {
    using world = createWorld();
    const early = world.enter();
    world.activator.setPod(key, pod('a'));
    expect(early.lease).toBeUndefined();
    world.activator.setRevision(key, config());
    expect(early.lease).toBeDefined();
    using other = createWorld();
    const never = other.enter();
    await other.clock.advance(2000);
    expect(never.refused).toBe('revision-missing');
  });

  it('is dissolved when the activator closes', () => {
    const world = createWorld();
    world.activator.setRevision(key, config());
    const visit = world.enter();
    world[Symbol.dispose]();
    expect([visit.refused, world.enter().refused]).toEqual(['closing', 'closing']);
    expect(world.reports.at(-1)?.revisions).toMatchObject([{ name: 'hello-00001', averageConcurrency: 0, waiting: 0 }]);
  });
});

describe('a cold instance without a limit', () => {
  it('gets more as it answers', async () => {
    using world = createWorld();
    world.activator.setRevision(key, config());
    const visits = Array.from({ length: 1000 }, () => world.enter());
    world.activator.setPod(key, pod('a'));
    const served = (): Visit[] => visits.filter(({ lease }) => lease);
    expect(served()).toHaveLength(64);
    for (const { lease } of served()) lease?.responded();
    expect(served()).toHaveLength(64 * 3);
    await world.clock.advance(100);
    expect(served()).toHaveLength(64 * 6);
    await world.clock.advance(300);
    expect(served()).toHaveLength(1000);
  });
});

describe('probes', () => {
  it('make an instance ready before Kubernetes says so', async () => {
    let listening = false;
    using world = createWorld({ attempt: () => Promise.resolve(listening) });
    world.activator.setRevision(key, config());
    const visit = world.enter();
    world.activator.setPod(key, pod('a', { ready: false }));
    await world.clock.advance(500);
    expect(visit.lease).toBeUndefined();
    listening = true;
    await world.clock.advance(5);
    expect(visit.lease?.podName).toBe('a');
    world.activator.setPod(key, pod('a', { ready: false }));
    expect(world.enter().lease?.podName).toBe('a');
  });

  it('are slow while nobody waits, and hurry when somebody comes', async () => {
    let attempts = 0;
    using world = createWorld({ attempt: () => Promise.resolve(++attempts < 0) });
    world.activator.setRevision(key, config());
    world.activator.setPod(key, pod('a', { ready: false }));
    await world.clock.advance(60_000);
    const calm = attempts;
    await world.clock.advance(10_000);
    expect(attempts - calm).toBeLessThanOrEqual(11);
    attempts = 0;
    world.enter();
    expect(attempts).toBe(1);
  });

  it('stay under a thousand a second however many instances start', async () => {
    let attempts = 0;
    using world = createWorld({ attempt: () => Promise.resolve(++attempts < 0) });
    world.activator.setRevision(key, config());
    world.enter();
    for (let i = 0; i < 100; i++) world.activator.setPod(key, pod(`p${i}`, { ready: false }));
    await world.clock.advance(0);
    await world.clock.advance(1000);
    expect(attempts).toBeLessThanOrEqual(1200);
    expect(attempts).toBeGreaterThan(500);
  });

  it('are not made where only Kubernetes knows', async () => {
    let attempts = 0;
    using world = createWorld({ attempt: () => Promise.resolve(++attempts > 0) });
    world.activator.setRevision(key, config(0, { readiness: { ...tcp, kind: 'pod' } }));
    const visit = world.enter();
    world.activator.setPod(key, pod('a', { ready: false }));
    await world.clock.advance(1000);
    expect([attempts, visit.lease]).toEqual([0, undefined]);
    world.activator.setPod(key, pod('a'));
    expect(visit.lease).toBeDefined();
  });

  it('bring back an instance that could not be connected to', async () => {
    let up = false;
    using world = createWorld({ attempt: () => Promise.resolve(up) });
    world.activator.setRevision(key, config());
    world.activator.setPod(key, pod('a'));
    world.enter().lease?.connectFailed();
    world.activator.setPod(key, pod('a'));
    const visit = world.enter();
    expect(visit.lease).toBeUndefined();
    await world.clock.advance(0);
    up = true;
    await world.clock.advance(10);
    expect(visit.lease?.podName).toBe('a');
  });

  it('ask again when Kubernetes takes Ready back, and when the address changes', async () => {
    using world = createWorld();
    world.activator.setRevision(key, config());
    world.activator.setPod(key, pod('a'));
    world.activator.setPod(key, pod('a', { ready: false }));
    const visit = world.enter();
    expect(visit.lease).toBeUndefined();
    world.activator.setPod(key, pod('a', { address: { host: '127.0.0.1', port: 9090 } }));
    expect(visit.lease?.address.port).toBe(9090);
  });

  it('need as many successes in a row as the probe asks for', async () => {
    const answers = [true, false, true, true, true];
    using world = createWorld({ attempt: () => Promise.resolve(answers.shift() ?? false) });
    world.activator.setRevision(key, config(0, { readiness: { ...tcp, successThreshold: 3 } }));
    const visit = world.enter();
    world.activator.setPod(key, pod('a', { ready: false }));
    await world.clock.advance(0);
    await world.clock.advance(6);
    expect(visit.lease).toBeUndefined();
    await world.clock.advance(100);
    expect([visit.lease?.podName, answers]).toEqual(['a', []]);
  });
});

describe('stats', () => {
  it('tell of the first request at once, each second of the rest, and of the end with a zero', async () => {
    using world = createWorld();
    world.activator.setRevision(key, config());
    const visit = world.enter();
    expect(world.reports).toMatchObject([
      {
        gateway: 'gateway-1',
        revisions: [{ name: 'hello-00001', averageConcurrency: 1, requestCount: 1, waiting: 1 }],
      },
    ]);
    await world.clock.advance(1000);
    expect(world.reports[1]?.revisions).toMatchObject([{ averageConcurrency: 0, requestCount: 0, waiting: 1 }]);
    world.activator.setPod(key, pod('a'));
    await world.clock.advance(1000);
    expect(world.reports[2]?.revisions).toMatchObject([{ averageConcurrency: 1, waiting: 0, pods: { a: 1 } }]);
    await world.clock.advance(500);
    visit.lease?.release();
    await world.clock.advance(1500);
    expect(world.reports.slice(3, 5).map(({ revisions }) => revisions[0]?.averageConcurrency)).toEqual([0.5, 0]);
    await world.clock.advance(1000);
    expect(world.reports[5]?.revisions).toEqual([]);
  });

  it('tell of a burst that finds no instance while it lasts, not a second later', async () => {
    using world = createWorld();
    world.activator.setRevision(key, config());
    for (let i = 0; i < 50; i++) world.enter();
    expect(world.reports.flatMap(({ revisions }) => revisions.map(({ waiting }) => waiting))).toEqual([1]);
    await world.clock.advance(10);
    expect(world.reports.at(-1)?.revisions).toMatchObject([{ waiting: 50, averageConcurrency: 0, requestCount: 0 }]);
    await world.clock.advance(500);
    expect(world.reports).toHaveLength(2);
  });

  it('do not count what is on a draining pod, and tell when it is drained', async () => {
    using world = createWorld();
    world.activator.setRevision(key, config());
    world.activator.setPod(key, pod('a'));
    const visit = world.enter();
    await world.clock.advance(1000);
    world.activator.setPod(key, pod('a', { draining: true }));
    await world.clock.advance(1000);
    expect(world.reports.at(-1)).toMatchObject({ revisions: [{ averageConcurrency: 0, pods: { a: 1 } }], drained: [] });
    visit.lease?.release();
    await world.clock.advance(1000);
    expect(world.reports.at(-1)).toMatchObject({ revisions: [], drained: ['default/a'] });
    world.activator.deletePod(key, 'a');
    await world.clock.advance(1000);
    expect(world.reports.at(-1)?.drained).toEqual([]);
  });

  it('report a pod nobody uses once with zero', async () => {
    using world = createWorld();
    world.activator.setRevision(key, config());
    world.activator.setPod(key, pod('a'));
    await world.clock.advance(2000);
    expect(world.reports.map(({ revisions }) => revisions.length)).toEqual([1, 0]);
  });

  it('wake a failed revision though its request is refused', () => {
    using world = createWorld();
    world.activator.setRevision(key, config(0, { failure: 'no' }));
    world.enter();
    expect(world.reports).toMatchObject([{ revisions: [{ averageConcurrency: 1 }] }]);
  });
});
