import { silentLogger } from '@ebb/base';
import { describe, expect, it } from 'vitest';
import { defaultClusterSettings, withConfigMap } from './cluster-settings.ts';
import type { ScalerSettings } from './scaler-context.ts';

const change = (settings: ScalerSettings, name: string, data?: Record<string, string>): ScalerSettings =>
  withConfigMap(settings, { metadata: { name }, ...(data ? { data } : {}) }, silentLogger);

describe('withConfigMap', () => {
  it('takes over config-autoscaler and the progress deadline of config-deployment', () => {
    const scaled = change(defaultClusterSettings, 'config-autoscaler', { 'max-scale': '3' });
    const settings = change(scaled, 'config-deployment', { 'progress-deadline': '90s' });
    expect([settings.autoscaler.maxScale, settings.progressDeadlineMs]).toEqual([3, 90_000]);
  });

  it('keeps the last good settings when a map is refused', () => {
    const good = change(defaultClusterSettings, 'config-autoscaler', { 'max-scale': '3' });
    expect(change(good, 'config-autoscaler', { 'max-scale': 'x' })).toBe(good);
    for (const text of ['0s', '1500ms', 'soon']) {
      expect(change(good, 'config-deployment', { 'progress-deadline': text })).toBe(good);
    }
  });

  it('goes back to the defaults when a map is deleted', () => {
    const settings = change(defaultClusterSettings, 'config-autoscaler', { 'max-scale': '3' });
    expect(change(settings, 'config-autoscaler')).toEqual(defaultClusterSettings);
  });

  it('does not mind other maps', () => {
    expect(change(defaultClusterSettings, 'constructor', { a: 'b' })).toBe(defaultClusterSettings);
  });
});
