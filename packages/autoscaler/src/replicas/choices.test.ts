import type { Node, Pod } from '@ebb/api';
import { describe, expect, it } from 'vitest';
import { chooseNode, isOutOfStock, takesPods } from './node-choice.ts';
import { NodeLoads } from './node-loads.ts';
import { podNameFor } from './pod-name.ts';
import { isPodReady, stageOf } from './replica.ts';
import { Setbacks } from './setbacks.ts';
import { type PodFacts, chooseVictims } from './victims.ts';

const pod = (name: string, ready: boolean, creationTimestamp: string): Pod => ({
  metadata: { name, creationTimestamp },
  spec: { containers: [] },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
});

describe('chooseVictims', () => {
  const pods = [
    pod('old-idle', true, '2026-01-01T00:00:00Z'),
    pod('busy', true, '2026-01-02T00:00:00Z'),
    pod('young-idle', true, '2026-01-03T00:00:00Z'),
    pod('starting', false, '2026-01-01T00:00:00Z'),
  ];
  const factsOf = (each: Pod): PodFacts => ({
    ready: isPodReady(each),
    spot: false,
    inFlight: each.metadata.name === 'busy' ? 1 : 0,
    created: each.metadata.creationTimestamp ?? '',
  });

  it('takes those not ready, then the idle, then the young', () => {
    const order = chooseVictims(pods, 4, factsOf).map(({ metadata }) => metadata.name);
    expect(order).toEqual(['starting', 'young-idle', 'old-idle', 'busy']);
  });

  it('takes none where none is too many', () => expect(chooseVictims(pods, -1, factsOf)).toEqual([]));
});

describe('chooseNode', () => {
  it('takes the node with the fewest of the revision, then with the fewest at all', () => {
    expect(chooseNode([])).toBeUndefined();
    expect(
      chooseNode([
        { name: 'a', own: 1, all: 1 },
        { name: 'b', own: 0, all: 9 },
      ]),
    ).toBe('b');
    expect(
      chooseNode([
        { name: 'a', own: 1, all: 5 },
        { name: 'b', own: 1, all: 4 },
      ]),
    ).toBe('b');
  });

  it('is given nodes that are ready and stay only', () => {
    const node = (status: 'True' | 'False', metadata: Node['metadata'] = {}): Node => ({
      metadata,
      status: { conditions: [{ type: 'Ready', status }] },
    });
    expect(takesPods(node('True'))).toBe(true);
    expect(takesPods(node('False'))).toBe(false);
    expect(takesPods(node('True', { deletionTimestamp: '2026-01-01T00:00:00Z' }))).toBe(false);
    expect(takesPods({ ...node('True'), spec: { unschedulable: true } })).toBe(false);
    expect(takesPods({ metadata: {} })).toBe(false);
    const conditions = [{ type: 'OutOfStock', status: 'True' as const }];
    expect([isOutOfStock({ metadata: {}, status: { conditions } }), isOutOfStock(node('True'))]).toEqual([true, false]);
  });
});

describe('podNameFor', () => {
  it('is short enough for any revision', () => {
    expect(podNameFor('web-00001', () => 0)).toBe('web-00001-deployment-bbbbb');
    expect(podNameFor('r'.repeat(63), () => 0.999).length).toBeLessThanOrEqual(63);
  });
});

describe('stageOf', () => {
  it('tells what a pod is good for', () => {
    const running = pod('a', true, '');
    expect(stageOf(running)).toBe('active');
    expect(stageOf({ ...running, metadata: { annotations: { 'ebb.dev/draining': '' } } })).toBe('draining');
    expect(stageOf({ ...running, status: { phase: 'Failed' } })).toBe('ended');
    expect(stageOf({ ...running, metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } })).toBe('leaving');
  });
});

describe('Setbacks', () => {
  it('wait longer each time, counting failures that come together as one, and start afresh after a sound time', () => {
    const setbacks = new Setbacks(() => 0);
    expect(setbacks.waitMs(0)).toBe(0);
    setbacks.add(0);
    setbacks.add(10);
    expect(setbacks.waitMs(0)).toBe(1000);
    setbacks.add(1000);
    expect(setbacks.waitMs(1000)).toBe(2000);
    for (let now = 3000; now < 500_000; now += setbacks.waitMs(now)) setbacks.add(now);
    setbacks.add(10_000_000);
    expect(setbacks.waitMs(10_000_000)).toBe(1000);
  });
});

describe('NodeLoads', () => {
  const node = (region?: string): Node => ({
    metadata: { name: region ?? 'n', ...(region ? { labels: { 'topology.kubernetes.io/region': region } } : {}) },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  });

  it('knows the limit of ECI, and that the local one has none', () => {
    const loads = new NodeLoads();
    expect(loads.limit).toEqual({ perSecond: 15, burst: 100 });
    loads.setNodes([node('local')]);
    expect(loads.limit.perSecond).toBeGreaterThan(10_000);
    loads.setNodes([node('local'), node('cn-hangzhou')]);
    expect(loads.limit.perSecond).toBe(15);
  });
});
