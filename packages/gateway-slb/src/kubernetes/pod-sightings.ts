import type { InstanceTimes } from '@ebb/activator';
import { type Pod, keys, keyOf } from '@ebb/api';

/** Names the container group of a pod, once it has one. */
const instanceIdAnnotation = 'k8s.aliyun.com/eci-instance-id';

type Sight = { -readonly [K in 'seen' | 'grouped' | 'started']?: number };

/**
 * When pods were first seen to be so far. Kubernetes tells times in whole seconds, by other machines' clocks; what this gateway sees it
 * can tell by its own, in milliseconds.
 */
export class PodSightings {
  readonly #sights = new Map<string, Sight>();

  /** Takes note of what is new of a pod; returns all that is known of it. */
  see(pod: Pod, now: number): InstanceTimes {
    const key = keyOf(pod);
    const { annotations = {}, creationTimestamp } = pod.metadata;
    const sight = this.#sights.get(key) ?? {};
    sight.seen ??= now;
    if (instanceIdAnnotation in annotations) sight.grouped ??= now;
    if (pod.status?.containerStatuses?.some(({ state }) => state?.running)) sight.started ??= now;
    this.#sights.set(key, sight);
    return { decided: timeOf(annotations[keys.decided]), created: timeOf(creationTimestamp), ...sight };
  }

  forget(pod: Pod): void {
    this.#sights.delete(keyOf(pod));
  }
}

function timeOf(text: string | undefined): number | undefined {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) ? undefined : ms;
}
