import type { KubernetesObject, Schema } from '@ebb/api';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { builtinResources } from '../builtin/resources.ts';
import { completeBuiltin } from '../builtin/complete.ts';
import type { ResourceInfo } from '../resource-info.ts';
import { applyDefaults } from './default.ts';
import { resourceWith, widget } from '../../test/widget-crd.ts';

const text = (value: string): Schema => ({ type: 'string', default: value });

test.each<[what: string, spec: Schema, given: unknown, expected: unknown]>([
  ['a field', { properties: { a: text('x') } }, {}, { a: 'x' }],
  ['no field that is there', { properties: { a: text('x') } }, { a: '' }, { a: '' }],
  ['a null that may not be null', { properties: { a: text('x') } }, { a: null }, { a: 'x' }],
  ['no null that may be null', { properties: { a: { ...text('x'), nullable: true } } }, { a: null }, { a: null }],
  [
    'fields in a list',
    { properties: { l: { items: { properties: { a: text('x') } } } } },
    { l: [{}, { a: 'y' }] },
    { l: [{ a: 'x' }, { a: 'y' }] },
  ],
  [
    'fields in a map',
    { properties: { m: { additionalProperties: { properties: { a: text('x') } } } } },
    { m: { k: {} } },
    { m: { k: { a: 'x' } } },
  ],
  [
    'fields in an object that is a default',
    { properties: { o: { default: {}, properties: { a: text('x') } } } },
    {},
    { o: { a: 'x' } },
  ],
  ['nothing in an object that is not there', { properties: { o: { properties: { a: text('x') } } } }, {}, {}],
])('sets %s', (_, schema, given, expected) => {
  const object = widget({ spec: given });
  applyDefaults(object, resourceWith({ spec: { type: 'object', ...schema } }));
  expect(object).toEqual(widget({ spec: expected }));
});

test('a default is not shared between objects', () => {
  const info = resourceWith({ spec: { type: 'object', default: { list: [] } } });
  const [first, second] = [widget({}), widget({})] as (KubernetesObject & { spec?: { list: number[] } })[];
  applyDefaults(first!, info);
  first!.spec!.list.push(1);
  applyDefaults(second!, info);
  expect(second!.spec).toEqual({ list: [] });
});

function defaulted(kind: string, fields: object): Record<string, unknown> {
  const object = { metadata: { name: 'x' }, ...structuredClone(fields) };
  const info = builtinResources().find((resource) => resource.kind === kind)!;
  applyDefaults(object, info);
  completeBuiltin(object, info);
  return object;
}

test('a pod looks as kube-apiserver leaves it', () => {
  const container = {
    name: 'c',
    image: 'app',
    ports: [{ containerPort: 80 }],
    readinessProbe: { httpGet: { port: 80 } },
  };
  expect(
    defaulted('Pod', {
      spec: { containers: [container], volumes: [{ name: 'v' }, { name: 's', secret: { secretName: 'x' } }] },
    }),
  ).toEqual({
    metadata: { name: 'x' },
    spec: {
      containers: [
        {
          name: 'c',
          image: 'app',
          imagePullPolicy: 'Always',
          ports: [{ containerPort: 80, protocol: 'TCP' }],
          readinessProbe: {
            httpGet: { port: 80, path: '/', scheme: 'HTTP' },
            timeoutSeconds: 1,
            periodSeconds: 10,
            successThreshold: 1,
            failureThreshold: 3,
          },
          resources: {},
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
        },
      ],
      volumes: [
        { name: 'v', emptyDir: {} },
        { name: 's', secret: { secretName: 'x', defaultMode: 420 } },
      ],
      dnsPolicy: 'ClusterFirst',
      enableServiceLinks: true,
      preemptionPolicy: 'PreemptLowerPriority',
      priority: 0,
      restartPolicy: 'Always',
      schedulerName: 'default-scheduler',
      securityContext: {},
      serviceAccount: 'default',
      serviceAccountName: 'default',
      terminationGracePeriodSeconds: 30,
      tolerations: ['not-ready', 'unreachable'].map((key) => ({
        key: `node.kubernetes.io/${key}`,
        operator: 'Exists',
        effect: 'NoExecute',
        tolerationSeconds: 300,
      })),
    },
    status: { phase: 'Pending', qosClass: 'BestEffort' },
  });
});

test.each([
  ['app', 'Always'],
  ['app:latest', 'Always'],
  ['host:5000/app', 'Always'],
  ['app:1', 'IfNotPresent'],
  ['app@sha256:abc', 'IfNotPresent'],
])('image %s is pulled %s', (image, imagePullPolicy) => {
  expect(defaulted('Pod', { spec: { containers: [{ name: 'c', image }] } })).toHaveProperty(
    'spec.containers[0].imagePullPolicy',
    imagePullPolicy,
  );
});

test.each([
  ['Guaranteed', { limits: { cpu: 0.5, memory: '1Gi' } }],
  ['Guaranteed', { limits: { cpu: '500m', memory: '1Gi' }, requests: { cpu: '0.5', memory: '1024Mi' } }],
  ['Burstable', { limits: { cpu: '1' } }],
  ['Burstable', { requests: { memory: '1Gi' } }],
  ['BestEffort', {}],
])('a pod is %s with %o', (qosClass, resources) => {
  expect(defaulted('Pod', { spec: { containers: [{ name: 'c', image: 'i', resources }] } })).toHaveProperty(
    'status.qosClass',
    qosClass,
  );
});

test('a toleration of the pod stands in place of the default one', () => {
  const tolerations = [{ operator: 'Exists' }];
  expect(defaulted('Pod', { spec: { containers: [], tolerations } })).toHaveProperty('spec.tolerations', tolerations);
});

test('a service, a secret and a namespace look as kube-apiserver leaves them', () => {
  expect(
    defaulted('Service', { spec: { ports: [{ port: 80 }], clusterIP: 'None', selector: { a: 'b' } } }),
  ).toMatchObject({
    spec: {
      type: 'ClusterIP',
      clusterIPs: ['None'],
      sessionAffinity: 'None',
      internalTrafficPolicy: 'Cluster',
      ipFamilies: ['IPv4'],
      ports: [{ port: 80, targetPort: 80, protocol: 'TCP' }],
    },
    status: { loadBalancer: {} },
  });
  expect(defaulted('Secret', { data: { a: 'eA==' }, stringData: { b: 'y' } })).toEqual({
    metadata: { name: 'x' },
    type: 'Opaque',
    data: { a: 'eA==', b: 'eQ==' },
  });
  expect(defaulted('Namespace', {})).toEqual({
    metadata: { name: 'x', labels: { 'kubernetes.io/metadata.name': 'x' } },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  });
});

test('fields that are null are left out of built-in kinds; in a map of texts null is the empty one', () => {
  expect(
    defaulted('ConfigMap', {
      metadata: { name: 'x', creationTimestamp: null },
      data: { a: null, b: '' },
      binaryData: null,
    }),
  ).toEqual({
    metadata: { name: 'x' },
    data: { a: '', b: '' },
  });
});

test('setting defaults twice changes nothing, whatever the object is', () => {
  const kinds = fc.constantFrom(...builtinResources());
  const anything = fc.dictionary(
    fc.constantFrom('spec', 'status', 'data', 'rules', 'subsets', 'webhooks', 'x'),
    fc.jsonValue(),
  );
  const ofNulls = builtinResources().map((info): [ResourceInfo, Record<string, fc.JsonValue>] => [
    info,
    { data: { x: null } },
  ]);
  fc.assert(
    fc.property(kinds, anything, (info, fields) => {
      const object = { metadata: { name: 'x' }, ...fields };
      applyDefaults(object, info);
      completeBuiltin(object, info);
      const once = structuredClone(object);
      applyDefaults(object, info);
      completeBuiltin(object, info);
      expect(object).toEqual(once);
    }),
    { examples: ofNulls },
  );
});
