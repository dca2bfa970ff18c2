import { type ConfigMap, type KubernetesObject, type PodAutoscaler, type Service, StatusError } from '@ebb/api';
import type { KubeClient } from '@ebb/kube';
import { describe, expect, it } from 'vitest';
import { TimeseriesReader } from './timeseries-reader.ts';

const annotation = 'alicloud.autoscaling.service.knative.dev/timeseries';
const service: Service = {
  metadata: { name: 'shop', namespace: 'default', annotations: { [annotation]: 'hours' } },
  spec: { template: { spec: { containers: [] } } },
};
const podAutoscaler: PodAutoscaler = {
  metadata: { name: 'shop-00001', namespace: 'default', labels: { 'serving.knative.dev/service': 'shop' } },
  spec: { scaleTargetRef: {} },
};
const key = 'default/shop-00001';
const noonMs = Date.parse('2026-01-05T12:00:00Z');

const hours = (replicas: unknown, more: Record<string, string> = {}): Record<string, string> => ({
  ...more,
  jobs: `jobs: [{ name: all, schedule: "* * *", timeseries: [{ timeSlice: "10:00:00", replicas: ${String(replicas)} }] }]`,
});

interface Reading {
  readonly reader: TimeseriesReader;
  readonly set: (data: Record<string, string> | undefined) => Promise<void>;
  /** What was complained of. */
  readonly warnings: readonly string[];
}

/** A reader over a Service, and a ConfigMap that `set` changes; `undefined` is none. */
function reading(): Reading {
  const warnings: string[] = [];
  let configMap: ConfigMap | undefined;
  const get = async (_resource: unknown, { name }: { name: string }): Promise<KubernetesObject> => {
    if (name === 'shop') return service;
    if (name === 'hours' && configMap) return configMap;
    throw new StatusError('NotFound', `configmaps "${name}" not found`);
  };
  const client = { get } as unknown as KubeClient;
  const warn = (_: PodAutoscaler, reason: string, message: string): void => void warnings.push(`${reason}: ${message}`);
  const reader = new TimeseriesReader({ client, warn, signal: new AbortController().signal });
  return {
    reader,
    warnings,
    set: async (data) => {
      configMap = data && { metadata: { name: 'hours', namespace: 'default' }, data };
      await reader.read([podAutoscaler]);
    },
  };
}

describe('the timeseries of a Service', () => {
  it('is taken from the ConfigMap that it names, and again when that is edited', async () => {
    const { reader, set } = reading();
    await set(hours(4));
    expect(reader.of(key)?.boundsAt(noonMs)).toEqual({ min: 4, max: 4 });
    await set(hours(6));
    expect(reader.of(key)?.boundsAt(noonMs)).toEqual({ min: 6, max: 6 });
  });

  it('is in the time zone that the ConfigMap says', async () => {
    const { reader, set } = reading();
    await set(hours(4, { timeZone: 'America/New_York' })); // seven in the morning there
    expect(reader.of(key)?.boundsAt(Date.parse('2026-01-05T14:59:00Z'))).toEqual({ min: 4, max: 4 });
    await reader.read([]);
    expect(reader.of(key)).toBeUndefined();
  });

  it.each<[string, Record<string, string> | undefined]>([
    ['deleted', undefined],
    ['wrong', hours('many')],
    ['no YAML', { jobs: '[}' }],
    ['empty', {}],
    ['in a time zone that is none', hours(9, { timeZone: 'Mars/Base' })],
  ])('stays the last good one when the ConfigMap is %s', async (_what, data) => {
    const { reader, set } = reading();
    await set(hours(4));
    await set(data);
    expect(reader.of(key)?.boundsAt(noonMs)).toEqual({ min: 4, max: 4 });
  });

  it('is complained of once while it cannot be read, whatever is wrong with it', async () => {
    const { set, warnings } = reading();
    await set(undefined);
    await set(undefined);
    await set(hours(4));
    await set(hours('many'));
    expect(warnings).toEqual([
      'InvalidTimeseries: the timeseries cannot be read, and the scale goes by CPU and memory alone: configmaps "hours" not found',
      expect.stringContaining('the timeseries cannot be read, and the last good one stays: ConfigMap hours: '),
    ]);
  });
});
