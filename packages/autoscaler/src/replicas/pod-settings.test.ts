import { silentLogger } from '@ebb/base';
import { describe, expect, it } from 'vitest';
import { type PodConfig, defaultPodConfig, withPodSettings } from './pod-settings.ts';

const change = (config: PodConfig, name: string, data?: Record<string, string>): PodConfig =>
  withPodSettings(config, { metadata: { name }, ...(data ? { data } : {}) }, silentLogger);

describe('withPodSettings', () => {
  it('takes over the maps that concern pods, each by itself', () => {
    const spread = change(defaultPodConfig, 'config-deployment', { 'default-affinity-type': 'none' });
    const config = change(spread, 'config-defaults', { 'enable-service-links': 'true' });
    expect(config.deployment.defaultAffinityType).toBe('none');
    expect(config.defaults.enableServiceLinks).toBe(true);
    expect(change(config, 'config-deployment').deployment).toEqual(defaultPodConfig.deployment);
  });

  it('keeps what was good where a map is refused, or is another', () => {
    expect(change(defaultPodConfig, 'config-deployment', { 'runtime-class-name': '{' })).toBe(defaultPodConfig);
    expect(change(defaultPodConfig, 'config-gc', { a: 'b' })).toBe(defaultPodConfig);
  });
});
