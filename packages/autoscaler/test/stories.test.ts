import type { PodAutoscaler } from '@ebb/api';
import { describe, expect, it } from 'vitest';
import { defaultClusterSettings } from '../src/cluster-settings.ts';
import { Story, podAutoscalerOf } from './scaler-world.ts';

/** A status of a revision that serves with so many pods. */
const serving = (desiredScale: number): PodAutoscaler['status'] => ({
  desiredScale,
  serviceName: 'web',
  conditions: [
    { type: 'Active', status: 'True', lastTransitionTime: '2023-11-14T00:00:00Z' },
    { type: 'ScaleTargetInitialized', status: 'True' },
  ],
});

describe('a request that waits with no pod ready', () => {
  it('is decided upon at once at zero', async () => {
    const story = new Story({ annotations: { window: '6s' } });
    await story.pass(20);
    expect(story.target).toBe(0);
    story.report({ averageConcurrency: 1, requestCount: 1, waiting: 1 });
    expect(story.target).toBe(1);
  });

  it('is decided upon at once when nothing was ever decided', () => {
    const story = new Story({ annotations: { 'initial-scale': '0' }, config: { 'allow-zero-initial-scale': 'true' } });
    story.report({ averageConcurrency: 1, requestCount: 1, waiting: 1 });
    expect(story.target).toBe(1);
  });

  it('is decided upon at once whatever was wanted before', async () => {
    const story = new Story({ annotations: { target: '10' }, startMs: 60_000 });
    story.report({ averageConcurrency: 1, requestCount: 1, waiting: 1 });
    expect(story.target).toBe(1);
    await story.clock.advance(500);
    story.report({ averageConcurrency: 1, requestCount: 99, waiting: 70 });
    expect(story.target).toBe(10);
  });

  it('gets a pod also where requests a second count and none came in this one', async () => {
    const story = new Story({ annotations: { metric: 'rps', window: '6s' } });
    await story.pass(20);
    story.report({ averageConcurrency: 1, waiting: 1 });
    expect(story.target).toBe(1);
  });
});

describe('what is known of the load', () => {
  it('adds up over gateways', async () => {
    const story = new Story({ annotations: { target: '10' }, startMs: 60_000 });
    await story.pass(2, () => undefined);
    story.report({ averageConcurrency: 30, waiting: 30 });
    story.report({ averageConcurrency: 40, waiting: 70 });
    expect(story.target).toBe(10);
  });

  it('lets no pod go while the link to one of the gateways is lost, but makes more', async () => {
    const story = new Story({ annotations: { target: '10' }, status: serving(4), ready: 4 });
    await story.pass(70, () => ({ averageConcurrency: 28 }));
    expect(story.target).toBe(4);
    story.load.hearing = 'some';
    story.scaler.hold(story.clock.now());
    await story.pass(130, () => ({ averageConcurrency: 7 }));
    expect(story.target).toBe(4);
    await story.pass(60, () => ({ averageConcurrency: 70 }));
    expect(story.target).toBe(10);
    story.load.hearing = 'all';
    await story.pass(130, () => ({ averageConcurrency: 7 }));
    expect(story.target).toBe(1);
  });

  it('decides nothing while no gateway is heard of', async () => {
    const story = new Story({ annotations: { target: '10' }, status: serving(4), ready: 4 });
    await story.pass(70, () => ({ averageConcurrency: 28 }));
    story.load.hearing = 'none';
    await story.pass(600, () => undefined);
    expect(story.target).toBe(4);
  });
});

describe('a new leader', () => {
  it('lets no pod go before it has watched one stable window', async () => {
    const story = new Story({ status: serving(5), ready: 5 });
    await story.pass(58);
    expect(story.target).toBe(5);
    await story.pass(12);
    expect(story.target).toBeLessThan(5);
  });

  it('holds a single pod too, which panic would not', async () => {
    const story = new Story({ status: serving(1), ready: 1 });
    await story.pass(58);
    expect(story.target).toBe(1);
  });

  it('makes more at once where more is needed', async () => {
    const story = new Story({ annotations: { target: '10' }, status: serving(2), ready: 2 });
    await story.pass(4, () => ({ averageConcurrency: 70 }));
    expect(story.target).toBe(10);
  });
});

describe('a clock that is set', () => {
  it('back by an hour holds the scale, then goes on', async () => {
    const story = new Story({ annotations: { target: '10' }, status: serving(4), ready: 4 });
    await story.pass(130, () => ({ averageConcurrency: 28 }));
    await story.clock.advance(-3_600_000);
    story.scaler.clockWasSet(story.clock.now());
    await story.pass(30);
    expect(story.target).toBe(4);
    await story.pass(130);
    expect(story.target).toBe(0);
  });

  it('ahead by an hour lets no pod go for want of data', async () => {
    const story = new Story({ annotations: { target: '10' }, status: serving(4), ready: 4 });
    await story.pass(130, () => ({ averageConcurrency: 28 }));
    await story.clock.advance(3_600_000);
    story.scaler.tick(story.clock.now());
    expect(story.target).toBe(4);
    await story.pass(10, () => ({ averageConcurrency: 28 }));
    expect(story.target).toBe(4);
  });
});

describe('annotations that are out of range', () => {
  const update = (story: Story, annotations: Record<string, string>): void => {
    const accepted = story.accepted.accept(podAutoscalerOf({ annotations }), defaultClusterSettings);
    story.scaler.update(accepted, defaultClusterSettings, story.clock.now());
  };

  it('leave the last good ones in force', async () => {
    const story = new Story({ annotations: { target: '10' } });
    update(story, { target: '-5', window: '1s' });
    await story.pass(4, () => ({ averageConcurrency: 70 }));
    expect(story.target).toBe(10);
    update(story, { target: '70' });
    await story.pass(130, () => ({ averageConcurrency: 70 }));
    expect(story.target).toBe(2);
  });

  it('are left out where there were none before, and the others count', async () => {
    const story = new Story({ annotations: { target: '10', 'min-scale': 'many', window: '1s' } });
    await story.pass(4, () => ({ averageConcurrency: 70 }));
    expect(story.target).toBe(10);
  });

  it('that contradict each other are left out together', () => {
    const story = new Story({ annotations: { minScale: '9', maxScale: '3' } });
    expect(story.target).toBe(1);
  });
});

describe('a spike', () => {
  it('leads into panic, which takes no pod away, and out of it', async () => {
    const story = new Story({ annotations: { target: '10', 'max-scale': '100' }, startMs: 2000 });
    await story.pass(70, () => ({ averageConcurrency: 5 }));
    const scales: (number | undefined)[] = [];
    const panics: boolean[] = [];
    for (let step = 0; step < 70; step++) {
      await story.pass(2, () => ({ averageConcurrency: step < 10 ? 300 : 5 }));
      scales.push(story.target);
      panics.push(story.scaler.decisions.last?.panics === true);
    }
    expect(panics[2]).toBe(true);
    const most = Math.max(...scales.map((scale) => scale ?? 0));
    expect(most).toBe(43);
    // It holds until a stable window after the threshold was last crossed, then comes down by halves.
    expect(scales.slice(5, 30)).toEqual(scales.slice(5, 30).map(() => most));
    expect(scales.at(-1)).toBe(1);
    expect(panics.at(-1)).toBe(false);
  });

  it('goes on under a new leader where the old one left it', async () => {
    const before = new Story({ annotations: { target: '10' } });
    await before.pass(10, () => ({ averageConcurrency: 200 }));
    const { target = 0 } = before;
    const story = new Story({ annotations: { target: '10' }, status: serving(target), ready: target });
    await story.pass(50, () => ({ averageConcurrency: 5 }));
    expect(story.target).toBe(target);
    await story.pass(8, () => ({ averageConcurrency: 900 }));
    expect(story.target).toBeGreaterThan(target);
  });
});
