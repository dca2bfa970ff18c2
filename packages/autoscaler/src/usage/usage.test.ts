import { describe, expect, it } from 'vitest';
import { parseResourceMetrics } from './resource-metrics.ts';
import { UsageMeter } from './usage-meter.ts';

const text = (cpuSeconds: number, atMs: number): string => `
# HELP pod_cpu_usage_seconds_total [STABLE] Cumulative cpu time consumed by the pod in core-seconds
# TYPE pod_cpu_usage_seconds_total counter
pod_cpu_usage_seconds_total{namespace="default",pod="web-1"} ${cpuSeconds} ${atMs}
pod_cpu_usage_seconds_total{namespace="default",pod="web-2"} NaN ${atMs}
pod_memory_working_set_bytes{namespace="default",pod="web-1"} 1.048576e+06 ${atMs}
container_cpu_usage_seconds_total{container="app",namespace="default",pod="web-1"} 5
node_cpu_usage_seconds_total 99
`;

describe('the metrics of a node', () => {
  it('are read by pod, what is no number left out', () => {
    const pods = parseResourceMetrics(text(10, 1000));
    expect([...pods]).toEqual([['default/web-1', { cpuSeconds: 10, memoryBytes: 1_048_576, atMs: 1000 }]]);
  });
});

describe('UsageMeter', () => {
  const measured = (...values: readonly (readonly [cpuSeconds: number, atMs: number])[]): UsageMeter => {
    const meter = new UsageMeter();
    for (const [cpuSeconds, atMs] of values) meter.record(parseResourceMetrics(text(cpuSeconds, atMs)), atMs);
    return meter;
  };

  it('tells cores by how much the time used has grown', () => {
    expect(measured([10, 1000]).usageOf(['default/web-1'])).toBeUndefined();
    const usage = measured([10, 1000], [25, 31_000]).usageOf(['default/web-1', 'default/other']);
    expect(usage).toEqual({ pods: 1, cpuCores: 0.5, memoryBytes: 1_048_576 });
  });

  it('begins anew where a container did, and forgets what is old', () => {
    expect(measured([10, 1000], [2, 31_000]).usageOf(['default/web-1'])).toBeUndefined();
    const meter = measured([10, 1000], [25, 31_000]);
    meter.record(new Map(), 200_000);
    expect(meter.usageOf(['default/web-1'])).toBeUndefined();
  });
});
