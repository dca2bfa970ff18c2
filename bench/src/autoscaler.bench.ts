import { type PodAutoscaler, defaultAutoscalerConfig } from '@ebb/api';
import { Decider, resolveSpec } from '@ebb/autoscaler/pure';
import { bench, do_not_optimize, group, summary } from 'mitata';

/** A Monday at noon, in milliseconds since the epoch. */
const start = 1_767_614_400_000;

/** A PodAutoscaler with these annotations of `autoscaling.knative.dev`. */
export function podAutoscaler(annotations: Record<string, string> = {}, name = 'shop-00001'): PodAutoscaler {
  const prefixed = Object.entries(annotations).map(([key, value]) => [`autoscaling.knative.dev/${key}`, value]);
  return {
    metadata: { name, namespace: 'default', annotations: Object.fromEntries(prefixed) as Record<string, string> },
    spec: { scaleTargetRef: {}, protocolType: 'http1' },
  };
}

/** A decider whose windows are full of load around 300, the longest too; and the time after the last second. */
export function busyDecider(annotations: Record<string, string> = {}): { decider: Decider; now: number } {
  const decider = new Decider(resolveSpec(podAutoscaler(annotations), defaultAutoscalerConfig), 5, start);
  let now = start;
  for (let second = 0; second < 3700; second++) {
    now += 1000;
    decider.record(now, 300 * (1 + 0.3 * Math.sin(second)), 900);
  }
  return { decider, now };
}

const weighted = {
  'metric-aggregation-algorithm': 'weighted-exponential',
  class: 'kpa.autoscaling.knative.dev',
};

/** What one revision costs. */
export function autoscalerBenches(): void {
  group('autoscaler: one cycle of 2 s: two records, one decision', () => {
    summary(() => {
      for (const window of ['6s', '60s', '10m', '1h']) {
        const { decider, now } = busyDecider({ window });
        let at = now;
        bench(`cycle, ${window} window`, () => {
          decider.record((at += 1000), 300, 900);
          decider.record((at += 1000), 310, 930);
          do_not_optimize(decider.tick(5, at));
        });
      }
    });
  });
  group('autoscaler: one decision', () => {
    summary(() => {
      const cases: [string, Record<string, string>][] = [
        ['60 s window', {}],
        ['1 h window', { window: '1h' }],
        ['60 s window, 5 min scale-down delay', { 'scale-down-delay': '5m' }],
        ['60 s window, weighted', weighted],
      ];
      for (const [name, annotations] of cases) {
        const { decider, now } = busyDecider(annotations);
        bench(`decision, ${name}`, () => do_not_optimize(decider.tick(5, now)));
      }
    });
  });
  group("autoscaler: one second's record", () => {
    const { decider, now } = busyDecider();
    let at = now;
    bench('record of the next second', () => decider.record((at += 1000), 300, 900));
    bench('record in the same second', () => decider.record(at, 300, 900));
  });
}
