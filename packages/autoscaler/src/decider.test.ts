import { defaultAutoscalerConfig } from '@ebb/api';
import { describe, expect, it } from 'vitest';
import { isPanicking } from './decide.ts';
import { Decider } from './decider.ts';
import { resolveSpec } from './resolve.ts';

const t0 = 1_700_000_000_000;

function create(annotations: Record<string, string> = {}, ready = 0): Decider {
  const prefixed = Object.entries(annotations).map(([key, value]) => [`autoscaling.knative.dev/${key}`, value]);
  const metadata = { annotations: Object.fromEntries(prefixed) as Record<string, string> };
  return new Decider(resolveSpec({ metadata, spec: { scaleTargetRef: {} } }, defaultAutoscalerConfig), ready, t0);
}

describe('Decider', () => {
  it('does not know what it was never told', () => {
    const decider = create();
    expect(decider.tick(0, t0)).toBe(false);
    expect(decider.state.desired).toBe(-1);
  });

  it('counts waiting requests in full, however young or thin the average', () => {
    const decider = create({ target: '10' });
    decider.record(t0, 1, 1);
    expect(decider.tick(0, t0, 50)).toBe(true);
    expect(decider.state.desired).toBe(8);
  });

  it('does not mistake waiting requests for a rate', () => {
    const decider = create({ metric: 'rps', target: '10' });
    decider.record(t0, 1, 1);
    decider.tick(0, t0, 50);
    expect(decider.state.desired).toBe(1);
  });

  it('panics from the start with several pods, so that a restart lets none go', () => {
    const decider = create({}, 5);
    decider.record(t0, 0, 0);
    decider.tick(5, t0);
    expect([isPanicking(decider.state), decider.state.desired]).toEqual([true, 5]);
  });

  it('judges a load after forgetting by itself', () => {
    const decider = create({ target: '10' });
    for (let second = 0; second < 60; second++) decider.record(t0 + second * 1000, 0, 0);
    decider.forget();
    decider.record(t0 + 60_000, 50, 50);
    decider.tick(0, t0 + 60_000);
    expect(decider.state.desired).toBe(8);
  });

  it.each([
    ['a target that is no number', { target: 'NaN' }],
    ['a window past all bounds', { window: '99999h' }],
    ['a window without length', { window: '-1s' }],
  ])('survives %s', (_what, annotations: Record<string, string>) => {
    const decider = create(annotations);
    decider.record(t0, 70, 1);
    expect(decider.tick(1, t0)).toBe(true);
    expect(decider.state.desired).toBeGreaterThan(0);
  });
});
