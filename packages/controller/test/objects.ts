import type { Condition, ConditionStatus, Configuration, ObjectMeta, Revision, Route, TrafficTarget } from '@ebb/api';
import { keys } from '@ebb/api';

const ready = (status: ConditionStatus, message?: string): Condition => ({
  type: 'Ready',
  status,
  ...(message ? { message } : {}),
});

/** A Revision of Configuration `hello` as a test needs it. */
export function revisionOf(
  name: string,
  {
    status = 'True',
    generation = 1,
    metadata = {},
  }: { status?: ConditionStatus; generation?: number; metadata?: ObjectMeta } = {},
): Revision {
  const labels = { [keys.configuration]: 'hello', [keys.configurationGeneration]: String(generation) };
  return {
    metadata: {
      name,
      namespace: 'default',
      generation: 1,
      uid: name,
      ...metadata,
      labels: { ...labels, ...metadata.labels },
    },
    spec: { containers: [{ name: 'user-container', image: 'dev.local/hello' }] },
    status: { observedGeneration: 1, conditions: [ready(status)] },
  };
}

/** A Configuration whose latest ready revision is that one. */
export function configurationOf(
  name: string,
  {
    latestReady,
    status = 'Unknown',
    generation = 1,
  }: { latestReady?: string; status?: ConditionStatus; generation?: number } = {},
): Configuration {
  return {
    metadata: { name, namespace: 'default', generation, uid: name },
    spec: { template: { spec: { containers: [{ name: 'user-container', image: 'dev.local/hello' }] } } },
    status: {
      observedGeneration: generation,
      conditions: [ready(status)],
      ...(latestReady ? { latestReadyRevisionName: latestReady } : {}),
    },
  };
}

/** A Route `hello` with that traffic. */
export function routeOf(traffic: TrafficTarget[], metadata: ObjectMeta = {}): Route {
  return { metadata: { name: 'hello', namespace: 'default', uid: 'route', ...metadata }, spec: { traffic } };
}
