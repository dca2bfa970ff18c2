import { type AutoscalerConfig, defaultAutoscalerConfig, parseAutoscalerConfig } from '@ebb/api';
import { Decider, resolveSpec } from '../src/pure.ts';
import { podAutoscalerOf } from './scaler-world.ts';

export interface Replay {
  /** Requests that arrive in each second; each takes a pod's place for one second. */
  readonly arrivals: readonly number[];
  readonly annotations: Readonly<Record<string, string>>;
  readonly config?: Readonly<Record<string, string>>;
  /** Requests that a pod takes at a time. */
  readonly perPod: number;
  readonly startSeconds: number;
  /** Pods at the start. */
  readonly pods: number;
  /** Pods that are not ready in a second though they have started. */
  readonly unready?: (second: number) => number;
}

/** What a trace came to. */
export interface Outcome {
  /** Seconds that requests waited, summed up. */
  readonly waited: number;
  /** Seconds that pods were there, summed up. */
  readonly podSeconds: number;
  readonly mostPods: number;
  /** Pods wanted after each second. */
  readonly wanted: readonly number[];
}

const startMs = 1_700_000_000_000;

/** Runs arrivals through the decider and a model of pods that take a while to start. A decision each two seconds. */
export function replay({ arrivals, annotations, config, perPod, startSeconds, pods, unready }: Replay): Outcome {
  const settings: AutoscalerConfig = config ? parseAutoscalerConfig(config) : defaultAutoscalerConfig;
  const decider = new Decider(resolveSpec(podAutoscalerOf({ annotations }), settings), pods, startMs);
  const readyAt: number[] = Array.from({ length: pods }, () => 0);
  const wanted: number[] = [];
  let [backlog, waited, podSeconds, mostPods, target] = [0, 0, 0, pods, pods];
  for (const [second, arrived] of arrivals.entries()) {
    const now = startMs + second * 1000;
    const started = readyAt.filter((at) => at <= second).length;
    const ready = Math.max(0, started - (unready?.(second) ?? 0));
    const present = backlog + arrived;
    backlog = Math.max(0, present - ready * perPod);
    waited += backlog;
    podSeconds += readyAt.length;
    decider.record(now, present, arrived);
    if (second % 2 === 0 && decider.tick(ready, now, 0, readyAt.length - ready)) target = decider.state.desired;
    while (readyAt.length < target) readyAt.push(second + startSeconds);
    readyAt.sort((a, b) => a - b).splice(target);
    mostPods = Math.max(mostPods, readyAt.length);
    wanted.push(target);
  }
  return { waited, podSeconds, mostPods, wanted };
}
