import type { StatReport } from '@ebb/api';
import { describe, expect, it } from 'vitest';
import { Gateways } from './gateways.ts';

let stamp = 0;

/** A report unlike all others. */
const report = (gateway: string, drained: readonly string[] = [], pods: Record<string, number> = {}): StatReport => ({
  gateway,
  atMs: stamp++,
  revisions: [{ namespace: 'default', name: 'web', averageConcurrency: 0, requestCount: 0, waiting: 2, pods }],
  drained,
});

describe('Gateways', () => {
  it('are heard of for three seconds after a report', () => {
    const gateways = new Gateways();
    expect([gateways.isEmpty, gateways.hearing(0)]).toEqual([true, 'none']);
    gateways.record(report('a'), 1000);
    expect([gateways.isEmpty, gateways.hearing(4000), gateways.hearing(4001)]).toEqual([false, 'all', 'none']);
  });

  it('tell a part of the load only while one of them is silent', () => {
    const gateways = new Gateways();
    gateways.record(report('a'), 0);
    gateways.record(report('b'), 4000);
    expect(gateways.hearing(4000)).toBe('some');
    gateways.forget(60_001);
    gateways.record(report('b'), 60_001);
    expect(gateways.hearing(60_001)).toBe('all');
  });

  it('are taken in once for each stamp and revision', () => {
    const gateways = new Gateways();
    const once = report('a');
    expect(gateways.record(once, 0).revisions).toHaveLength(1);
    expect(gateways.record(once, 5).revisions).toHaveLength(0);
    expect(gateways.record({ ...once, gateway: 'b' }, 5).revisions).toHaveLength(1);
  });

  it('add up who waits', () => {
    const gateways = new Gateways();
    for (const name of ['a', 'b']) gateways.record(report(name), 0);
    expect(gateways.waiting('default/web')).toBe(4);
    expect(gateways.waiting('default/api')).toBe(0);
  });

  it('add up what is in flight on a pod', () => {
    const gateways = new Gateways();
    gateways.record(report('a', [], { x: 2 }), 0);
    gateways.record(report('b', [], { x: 3 }), 0);
    gateways.record(report('a', [], { x: 1 }), 0);
    expect(gateways.inFlight('default/web', 'x')).toBe(4);
    expect(gateways.inFlight('default/web', 'y')).toBe(0);
  });

  it('say nothing new of revisions that are not in a report', () => {
    const gateways = new Gateways();
    gateways.record(report('a', [], { x: 2 }), 0);
    gateways.record({ ...report('a'), revisions: [] }, 1);
    expect(gateways.inFlight('default/web', 'x')).toBe(2);
    gateways.record(report('a'), 2);
    expect(gateways.inFlight('default/web', 'x')).toBe(0);
  });

  it('have drained a pod when all that are alive say so', () => {
    const gateways = new Gateways();
    expect(gateways.haveDrained('default/x', 0)).toBe(false);
    gateways.record(report('a', ['default/x']), 0);
    gateways.record(report('b'), 0);
    expect(gateways.haveDrained('default/x', 1000)).toBe(false);
    gateways.record(report('b', ['default/x']), 1000);
    expect(gateways.haveDrained('default/x', 1000)).toBe(true);
  });

  it('are waited for while one that has fallen silent may not have seen that the pod drains', () => {
    const gateways = new Gateways();
    gateways.record(report('b', ['default/y']), 0);
    gateways.record(report('a', ['default/x', 'default/y']), 4000);
    expect(gateways.haveDrained('default/x', 4000)).toBe(false);
    expect(gateways.haveDrained('default/y', 4000)).toBe(true);
    gateways.record(report('a', ['default/x']), 16_000);
    expect(gateways.haveDrained('default/x', 16_000)).toBe(true);
  });

  it('are forgotten after a minute of silence', () => {
    const gateways = new Gateways();
    gateways.record(report('a'), 0);
    gateways.forget(60_001);
    expect(gateways.isEmpty).toBe(true);
  });
});
