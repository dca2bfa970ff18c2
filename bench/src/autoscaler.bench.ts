import { type PodAutoscaler, defaultAutoscalerConfig } from '@ebb/api';
import { Decider, resolveSpec } from '@ebb/autoscaler/pure';
import { bench, do_not_optimize, group, summary } from 'mitata';

/** A Monday at noon, in milliseconds since the epoch. */
const start = 1_767_614_400_000;
const windowSeconds = 60;

function podAutoscaler(annotations: Record<string, string> = {}): PodAutoscaler {
  return {
    metadata: { name: 'shop-00001', namespace: 'default', annotations },
    spec: { scaleTargetRef: {}, protocolType: 'http1' },
  };
}

/** A decider whose windows are full: a minute and a bit of load around `load`. */
function busy(load: number, annotations: Record<string, string> = {}): Decider {
  const decider = new Decider(resolveSpec(podAutoscaler(annotations), defaultAutoscalerConfig), 5, start - 90_000);
  for (let second = -90; second <= 0; second++) {
    decider.record(start + second * 1000, load * (1 + 0.3 * Math.sin(second)), load * 3);
  }
  return decider;
}

const prefix = 'autoscaling.knative.dev';

/** What the autoscaler spends on numbers: for one revision, and for many. */
export function autoscalerBenches(): void {
  group('autoscaler: one decision', () => {
    summary(() => {
      const cases: [string, Record<string, string>][] = [
        [`${windowSeconds} s window`, {}],
        ['1 h window', { [`${prefix}/window`]: '1h' }],
        ['60 s window, 5 min scale-down delay', { [`${prefix}/scale-down-delay`]: '5m' }],
        [
          '60 s window, weighted',
          {
            [`${prefix}/metric-aggregation-algorithm`]: 'weighted-exponential',
            [`${prefix}/class`]: 'kpa.autoscaling.knative.dev',
          },
        ],
      ];
      for (const [name, annotations] of cases) {
        const decider = busy(300, annotations);
        bench(`decision, ${name}`, () => do_not_optimize(decider.tick(5, start)));
      }
    });
  });
  group("autoscaler: one second's record", () => {
    const decider = busy(300);
    let now = start;
    bench('record of the next second', () => decider.record((now += 1000), 300, 900));
    bench('record in the same second', () => decider.record(now, 300, 900));
  });
  group('autoscaler: a tick over all revisions', () => {
    for (const count of [1, 1000, 100_000]) {
      bench(`${count.toLocaleString('en')} revision${count > 1 ? 's' : ''}: record and decide`, function* () {
        const deciders = Array.from({ length: count }, (_, i) => busyCheaply(i));
        let now = start;
        yield () => {
          now += 2000;
          for (const decider of deciders) {
            decider.record(now, 50, 150);
            decider.tick(2, now);
          }
        };
      }).gc('inner');
    }
  });
}

/** One of very many: a few seconds of load. */
function busyCheaply(i: number): Decider {
  const decider = new Decider(resolveSpec(podAutoscaler(), defaultAutoscalerConfig), 2, start);
  for (let second = 0; second < 3; second++) decider.record(start + second * 1000, i % 100, i % 300);
  return decider;
}
