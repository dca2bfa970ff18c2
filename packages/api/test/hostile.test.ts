import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  type KubernetesObject,
  type Revision,
  type Service,
  type ServingConfig,
  defaultServingConfig,
  makePod,
  parseServingConfig,
} from '../src/index.ts';
import { groups } from '../src/testing.ts';
import { admit, refusal, withContainer } from './admit.ts';
import { damage, damaged, junk, keyNames } from './hostile-values.ts';

const allOn = parseServingConfig({
  'config-features': Object.fromEntries(Object.keys(defaultServingConfig.features).map((name) => [name, 'Enabled'])),
});

/** A Service in which everything is said that may be. */
const full = withContainer(
  '{ image: a1, env: [{ name: A, valueFrom: { secretKeyRef: { name: s, key: k } } }], envFrom: [{ secretRef: { name: s } }], ports: [{ containerPort: 80 }], resources: { limits: { cpu: 1 }, requests: { memory: 1Gi } }, readinessProbe: { httpGet: { path: /, httpHeaders: [{ name: a, value: b }] } }, livenessProbe: { grpc: { port: 1 } }, startupProbe: { exec: { command: [a] } }, securityContext: { capabilities: { drop: [ALL], add: [A] }, seccompProfile: { type: RuntimeDefault } }, volumeMounts: [{ name: v, mountPath: /v }] }',
  ', initContainers: [{ image: b1, ports: [{ containerPort: 1 }], volumeMounts: [{ name: v, mountPath: /v, readOnly: true, mountPropagation: None }] }], volumes: [{ name: v, projected: { sources: [{ configMap: { name: c, items: [{ key: k, path: p }] } }, { serviceAccountToken: { path: t } }, { downwardAPI: { items: [{ path: p, fieldRef: { fieldPath: f } }] } }] } }], affinity: { nodeAffinity: {} }, tolerations: [{ key: a }], securityContext: { runAsUser: 1, supplementalGroups: [1] }, nodeSelector: { a: b }, hostAliases: [{ ip: a }], imagePullSecrets: [{ name: s }], serviceAccountName: a',
) as Service;
const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' };
const samples: Readonly<Record<string, KubernetesObject>> = Object.fromEntries(
  Object.entries({
    Service: { ...full.spec, traffic: [{ latestRevision: true, percent: 100, tag: 'a' }] },
    Configuration: full.spec,
    Revision: full.spec.template.spec,
    Route: { traffic: [{ configurationName: 'c', percent: 100, tag: 'a' }] },
    DomainMapping: { ref: { kind: 'Service', name: 'a', apiVersion: 'v1' }, tls: { secretName: 's' } },
    PodAutoscaler: { scaleTargetRef: target, protocolType: 'http1', containerConcurrency: 1 },
    Metric: { scrapeTarget: 'a', stableWindow: 1, panicWindow: 1 },
    Ingress: parse(
      '{ rules: [{ hosts: [h], http: { paths: [{ headers: { a: { exact: b } }, splits: [{ serviceName: r, serviceNamespace: default, servicePort: 80 }] }] } }], tls: [{ hosts: [h] }] }',
    ) as object,
    ServerlessService: { objectRef: target, protocolType: 'http1', mode: 'Serve' },
    Certificate: { dnsNames: ['a.io'], secretName: 's' },
  }).map(([kind, spec]) => [kind, { kind, metadata: metadataOf(kind), spec }]),
);

function metadataOf(kind: string): KubernetesObject['metadata'] {
  return {
    name: kind === 'DomainMapping' ? 'a.example.com' : 'hello',
    namespace: 'default',
    labels: { a: 'b' },
    annotations:
      kind === 'Revision' || kind === 'PodAutoscaler' ? { 'autoscaling.knative.dev/window': '60s' } : { a: 'b' },
    ownerReferences: [{ apiVersion: 'v1', kind: 'A', name: 'a', uid: 'u' }],
  };
}

const kinds = Object.keys(samples);
const write = { kind: fc.constantFrom(...kinds), lenient: fc.boolean() };

const configOf = (lenient: boolean): ServingConfig => (lenient ? allOn : defaultServingConfig);

/** What comes of a write: the object as admitted, or nothing where it was refused. Fails if anything but a refusal is thrown. */
function outcome(object: unknown, kind: string, lenient: boolean, old?: unknown): KubernetesObject | undefined {
  let admitted: KubernetesObject | undefined;
  const oldObject = old === undefined ? {} : { oldObject: old as KubernetesObject };
  refusal(() => {
    admitted = admit(object, {
      config: configOf(lenient),
      kind,
      group: groups[kind] ?? '',
      dryRun: true,
      ...oldObject,
    }).object;
  });
  expect(Object.getPrototypeOf({})).not.toHaveProperty('polluted');
  return admitted;
}

describe('admission of hostile objects', () => {
  it('takes all samples as they are', () => {
    for (const kind of kinds) {
      const said = refusal(() => admit(samples[kind], { config: allOn }));
      expect([kind, said]).toEqual([kind, 'admitted']);
    }
  });

  it('passes or refuses what has been damaged in one place, or in three', () => {
    const property = fc.property(
      fc.record({ ...write, blows: fc.array(damage, { minLength: 1, maxLength: 3 }) }),
      (input) => {
        const object = input.blows.reduce<unknown>(damaged, samples[input.kind]);
        const admitted = outcome(object, input.kind, input.lenient);
        expect(admitted === undefined || typeof admitted === 'object').toBe(true);
      },
    );
    fc.assert(property, { numRuns: 1500 });
  });

  it('passes or refuses updates of and to what has been damaged', () => {
    const property = fc.property(
      fc.record({ ...write, before: damage, after: damage }),
      ({ kind, lenient, before, after }) => {
        const sample = samples[kind];
        const admitted = outcome(damaged(sample, after), kind, lenient, damaged(sample, before));
        expect(admitted === undefined || typeof admitted === 'object').toBe(true);
      },
    );
    fc.assert(property, { numRuns: 600 });
  });

  it('passes or refuses whatever is no object at all, or has nothing to do with one', () => {
    const property = fc.property(
      fc.record({ ...write, metadata: junk, spec: junk }),
      ({ kind, lenient, metadata, spec }) => {
        for (const object of [{ kind, metadata, spec }, { kind, metadata: { name: 'a' }, spec }, spec]) {
          outcome(Object(object), kind, lenient);
        }
      },
    );
    fc.assert(property, { numRuns: 200 });
  });

  it('has no more to say to what it has admitted', () => {
    const property = fc.property(fc.record({ ...write, blow: damage }), ({ kind, lenient, blow }) => {
      const admitted = outcome(damaged(samples[kind], blow), kind, lenient);
      fc.pre(admitted !== undefined);
      expect(isDeepStrictEqual(outcome(admitted, kind, lenient, admitted), admitted)).toBe(true);
    });
    fc.assert(property, { numRuns: 400 });
  });
});

describe('the pod of a hostile Revision', () => {
  it('can be made of any that is admitted', () => {
    const property = fc.property(damage, fc.boolean(), (blow, lenient) => {
      const admitted = outcome(damaged(samples['Revision'], blow), 'Revision', lenient);
      fc.pre(admitted !== undefined);
      const pod = makePod({ revision: admitted as Revision, podName: 'p', nodeName: 'n', config: configOf(lenient) });
      expect(isDeepStrictEqual(JSON.parse(JSON.stringify(pod)), pod)).toBe(true);
      expect(pod.spec.containers.length).toBeGreaterThan(0);
    });
    fc.assert(property, { numRuns: 400 });
  });
});

const parts = ['autoscaler', 'certmanager', 'defaults', 'deployment', 'domain', 'features', 'gc', 'leader-election']
  .concat('logging', 'network', 'observability')
  .map((part) => `config-${part}`);
/** Nothing reads these. */
const checkedOnly: ReadonlySet<string> = new Set(['config-certmanager', 'config-leader-election', 'config-logging']);
const knownKeys = [
  'revision-timeout-seconds',
  'container-name-template',
  'enable-service-links',
  'progress-deadline',
  'runtime-class-name',
  'domain-template',
  'tag-template',
  'rollout-duration',
  'namespace-wildcard-cert-selector',
  'example.com',
  'retain-since-create-time',
  'max-non-active-revisions',
  'tracing-sampling-rate',
  'stable-window',
  'issuerRef',
  'buckets',
  'loglevel.a',
];
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.stringMatching(/^[-+]?\d{0,30}(?:\.\d{0,9})?(?:ns|ms|s|m|h|Ki|m)?$/),
  fc.stringMatching(/^(?:\{\{(?:if|end|else|index|eq|\.|\w|"| )*\}\}|[a-z.-]){0,6}$/),
  fc.stringMatching(/^[[\]{}:,&*!|>'"%@` \n-]{0,20}$/),
  fc.constantFrom(
    '&a [*a]',
    '{'.repeat(5000),
    `${'['.repeat(2000)}`,
    '!!js/function x',
    '*a',
    '? ? ?',
    'a: &x {b: *x}',
  ),
);

describe('hostile ConfigMaps', () => {
  it('pass, and can then be read, or are refused, and cannot', () => {
    const keys = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...knownKeys) },
      keyNames,
      fc.string({ unit: 'binary' }),
    );
    const property = fc.property(fc.constantFrom(...parts), fc.dictionary(keys, text, { maxKeys: 4 }), (name, data) => {
      const object = { kind: 'ConfigMap', metadata: { name, namespace: 'knative-serving' }, data };
      const isAdmitted = refusal(() => admit(object)) === 'admitted';
      const read = (): unknown => parseServingConfig({ [name]: data });
      expect(fails(read)).toBe(!isAdmitted && !checkedOnly.has(name));
    });
    fc.assert(property, { numRuns: 600 });
  });

  it('pass or are refused whatever their form', () => {
    const property = fc.property(fc.constantFrom(...parts), junk, damage, (name, data, blow) => {
      const object = { kind: 'ConfigMap', metadata: { name, namespace: 'knative-serving' }, data };
      for (const hostile of [object, damaged({ ...object, data: { a: 'b' } }, blow)]) {
        refusal(() => admit(hostile, { kind: 'ConfigMap', group: '' }));
      }
    });
    fc.assert(property, { numRuns: 300 });
  });
});

function fails(run: () => unknown): boolean {
  try {
    run();
    return false;
  } catch (error) {
    return error instanceof Error;
  }
}
