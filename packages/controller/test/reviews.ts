import type { AdmissionReviewRequest, KubernetesObject } from '@ebb/api';
import { groups } from '@ebb/api/testing';
import fc from 'fast-check';

/** JSON without the keys that `rfc6902` refuses to apply a patch to; API servers do apply it. */
export const json: fc.Arbitrary<unknown> = fc
  .jsonValue()
  .filter((value) => !/"(?:__proto__|constructor|prototype)":/.test(JSON.stringify(value)));

/** What an API server asks about the creation of an object by Ann, or about what `more` says. */
export function questionAbout(
  object: KubernetesObject,
  more: Partial<AdmissionReviewRequest> = {},
): AdmissionReviewRequest {
  const { kind = 'Service' } = object;
  const group = groups[kind] ?? '';
  return {
    uid: 'u1',
    kind: { group, version: 'v1', kind },
    resource: { group, version: 'v1', resource: `${kind.toLowerCase()}s` },
    operation: 'CREATE',
    userInfo: { username: 'ann' },
    object,
    ...more,
  };
}

/** A Service that uses much of what there is. */
export const elaborate: KubernetesObject & { readonly spec: object } = {
  apiVersion: 'serving.knative.dev/v1',
  kind: 'Service',
  metadata: {
    name: 'hello',
    namespace: 'default',
    labels: { app: 'hello' },
    annotations: { 'serving.knative.dev/rollout-duration': '10s' },
  },
  spec: {
    template: {
      metadata: {
        name: 'hello-first',
        annotations: { 'autoscaling.knative.dev/min-scale': '1', 'autoscaling.knative.dev/window': '30s' },
      },
      spec: {
        containerConcurrency: 5,
        timeoutSeconds: 30,
        serviceAccountName: 'runner',
        containers: [
          {
            image: 'dev.local/hello',
            args: ['-v'],
            env: [
              { name: 'A', value: '1' },
              { name: 'B', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
            ],
            envFrom: [{ configMapRef: { name: 'c' } }],
            ports: [{ containerPort: 80 }],
            resources: { requests: { cpu: '100m' }, limits: { memory: '64Mi' } },
            readinessProbe: { httpGet: { path: '/' } },
            livenessProbe: { tcpSocket: {}, periodSeconds: 5 },
            securityContext: { capabilities: { drop: ['ALL'] }, runAsUser: 1000 },
            volumeMounts: [{ name: 'v', mountPath: '/v', readOnly: true }],
          },
          { name: 'side', image: 'dev.local/side' },
        ],
        volumes: [
          { name: 'v', projected: { sources: [{ configMap: { name: 'c', items: [{ key: 'k', path: 'p' }] } }] } },
        ],
      },
    },
    traffic: [{ latestRevision: true, percent: 100, tag: 'now' }],
  },
};

/** The value with `junk` where the steps lead; a step is the index of a key. */
export function mutate(value: unknown, [step, ...rest]: readonly number[], junk: unknown): unknown {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  const key = step === undefined || keys.length === 0 ? undefined : keys[step % keys.length];
  if (key === undefined) return junk;
  const copy: unknown = structuredClone(value);
  const changed = mutate(Reflect.get(value as object, key), rest, junk);
  if (changed === undefined) Reflect.deleteProperty(copy as object, key);
  else Reflect.set(copy as object, key, changed);
  return copy;
}
