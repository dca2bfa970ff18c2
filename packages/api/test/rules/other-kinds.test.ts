import { describe } from 'vitest';
import { type More, type Rule, checkRules, dns1035, dns1123Label, lines, make, qualifiedName } from './rules.ts';

const ref = '{ apiVersion: serving.knative.dev/v1, kind: Service, name: hello }';
const mapping = (name: string, spec = `{ ref: ${ref} }`, metadata = ''): unknown =>
  make('DomainMapping', `{ metadata: { name: "${name}", namespace: default${metadata} }, spec: ${spec} }`);
const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const long = 'a'.repeat(64);

describe('10 DomainMapping', () => {
  checkRules([
    ['a domain', mapping('www.example.com'), 'admitted'],
    ['a domain with a certificate', mapping('a.io', `{ ref: ${ref}, tls: { secretName: s } }`), 'admitted'],
    [
      'a beginning of a name',
      mapping('a.io', `{ ref: ${ref} }`, ', generateName: a-'),
      'must not set the field(s): metadata.generateName',
    ],
    ['no name', mapping(''), 'invalid name "": name: Required value: metadata.name'],
    [
      'one label',
      mapping('example'),
      'invalid name "example": name: Invalid value: "example": should be a domain with at least two segments separated by dots: metadata.name',
    ],
    [
      'what is no domain',
      mapping('a_b.com'),
      `invalid name "a_b.com": name: Invalid value: "a_b.com": ${subdomain}: metadata.name`,
    ],
    [
      'a label too long',
      mapping(`${long}.com`),
      `invalid name "${long}.com": name: Invalid value: "${long}": must be no more than 63 characters: metadata.name`,
    ],
    [
      'the domain of the cluster',
      mapping('a.default.svc.cluster.local'),
      'invalid name "a.default.svc.cluster.local": must not be a subdomain of cluster local domain "cluster.local": metadata.name',
    ],
    [
      'a reference to nothing',
      mapping('a.io', '{ ref: {} }'),
      'missing field(s): spec.ref.apiVersion, spec.ref.kind, spec.ref.name',
    ],
    [
      'a group',
      mapping('a.io', '{ ref: { kind: Service, name: a, apiVersion: v1, group: serving.knative.dev } }'),
      'must not set the field(s): spec.ref.group',
    ],
    [
      'its own namespace',
      mapping('a.io', '{ ref: { kind: Service, name: a, apiVersion: v1, namespace: default } }'),
      'admitted',
    ],
    [
      'another namespace',
      mapping('a.io', '{ ref: { kind: Service, name: a, apiVersion: v1, namespace: other } }'),
      lines(
        'mismatched namespaces: spec.ref.namespace',
        'the DomainMapping is in namespace "default", its ref in "other"',
      ),
    ],
    [
      'another reference than before',
      mapping('a.io', '{ ref: { apiVersion: v1, kind: Service, name: other } }'),
      'admitted',
      { old: mapping('a.io') },
    ],
    [
      'another creator than before',
      mapping('a.io', `{ ref: ${ref} }`, ', annotations: { serving.knative.dev/creator: eve }'),
      'annotation value is immutable: metadata.annotations.serving.knative.dev/creator',
      { old: mapping('a.io', `{ ref: ${ref} }`, ', annotations: { serving.knative.dev/creator: ann }') },
    ],
  ]);
});

const target = '{ apiVersion: apps/v1, kind: Deployment, name: d }';
const scaler = (spec: string, annotations = '{}'): unknown =>
  make('PodAutoscaler', `{ metadata: { name: a, namespace: default, annotations: ${annotations} }, spec: ${spec} }`);
const identifier =
  "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '[A-Za-z_][A-Za-z0-9_]*')";

describe('10 PodAutoscaler', () => {
  checkRules([
    [
      'what a Revision’s has',
      scaler(`{ protocolType: http1, scaleTargetRef: ${target}, reachability: Reachable }`),
      'admitted',
    ],
    ['nothing', scaler('{}'), 'missing field(s): spec'],
    [
      'a name that no Revision has',
      make('PodAutoscaler', `{ metadata: { name: 1a }, spec: { protocolType: h2c, scaleTargetRef: ${target} } }`),
      `not a DNS 1035 label: [${dns1035}]: metadata.name`,
    ],
    ['no protocol', scaler(`{ scaleTargetRef: ${target} }`), 'missing field(s): spec.protocolType'],
    [
      'another protocol',
      scaler(`{ protocolType: h3, scaleTargetRef: ${target} }`),
      'invalid value: h3: spec.protocolType',
    ],
    [
      'too much concurrency',
      scaler(`{ protocolType: h2c, containerConcurrency: 1001, scaleTargetRef: ${target} }`),
      'expected 0 <= 1001 <= 1000: spec.containerConcurrency',
    ],
    [
      'no target',
      scaler('{ protocolType: http1 }'),
      'missing field(s): spec.scaleTargetRef.apiVersion, spec.scaleTargetRef.kind, spec.scaleTargetRef.name',
    ],
    [
      'a target in another form',
      scaler('{ protocolType: http1, scaleTargetRef: { apiVersion: "a b", kind: "1a", name: A, namespace: n } }'),
      lines(
        `invalid value: ${dns1123Label}: spec.scaleTargetRef.name`,
        `invalid value: ${identifier}: spec.scaleTargetRef.kind`,
        `invalid value: ${qualifiedName}: spec.scaleTargetRef.apiVersion`,
        'must not set the field(s): spec.scaleTargetRef.namespace',
      ),
    ],
    [
      'annotations',
      scaler(`{ protocolType: http1, scaleTargetRef: ${target} }`, '{ autoscaling.knative.dev/window: 1s }'),
      'expected 6s <= 1s <= 1h0m0s: metadata.annotations.autoscaling.knative.dev/window',
    ],
  ]);
});

describe('10 PodAutoscaler, which Knative does not look at', () => {
  checkRules([
    [
      'another reachability',
      scaler(`{ protocolType: http1, scaleTargetRef: ${target}, reachability: Maybe }`),
      'invalid value: Maybe: spec.reachability',
    ],
  ]);
});

const at = 'spec.rules[0].http.paths[0].splits';
const ingress = (split: string): unknown =>
  make('Ingress', `spec: { rules: [{ hosts: [h], http: { paths: [{ splits: [${split}] }] } }] }`);
const split = 'serviceName: r, serviceNamespace: default, servicePort: 80';

describe('10 internal kinds', () => {
  checkRules([
    ['Ingress', ingress(`{ ${split}, percent: 60 }, { ${split}, percent: 40 }`), 'admitted'],
    ['Ingress with one split and no share, which is all', ingress(`{ ${split} }`), 'admitted'],
    ['Ingress without rules', make('Ingress', 'spec: {}'), 'missing field(s): spec.rules'],
    [
      'Ingress without paths',
      make('Ingress', 'spec: { rules: [{ hosts: [h] }] }'),
      'missing field(s): spec.rules[0].http',
    ],
    [
      'Ingress with shares that leave a rest',
      ingress(`{ ${split}, percent: 60 }, { ${split}, percent: 30 }`),
      `Traffic split percentage must total to 100, but was 90: ${at}`,
    ],
    [
      'Ingress with a split of nothing',
      ingress('{ percent: 100 }'),
      `missing field(s): ${at}[0].serviceName, ${at}[0].serviceNamespace, ${at}[0].servicePort`,
    ],
    [
      'Ingress of a foreign Revision',
      ingress('{ serviceName: r, serviceNamespace: other, servicePort: 80 }'),
      lines(`invalid value: other: ${at}[0].serviceNamespace`, 'must be the namespace of the Ingress, "default"'),
    ],
    ['Certificate', make('Certificate', 'spec: { dnsNames: [a.io], secretName: s }'), 'admitted'],
    ['Certificate for nothing', make('Certificate', 'spec: {}'), 'missing field(s): spec.dnsNames, spec.secretName'],
    [
      'Certificate for an empty name',
      make('Certificate', 'spec: { dnsNames: [a.io, ""], secretName: s }'),
      'invalid value: : spec.dnsNames[1]',
    ],
    [
      'ServerlessService',
      make('ServerlessService', `spec: { mode: Serve, protocolType: h2c, objectRef: ${target} }`),
      'admitted',
    ],
    [
      'ServerlessService of nothing',
      make('ServerlessService', 'spec: { mode: Maybe, protocolType: h3, numActivators: -1, objectRef: {} }'),
      lines(
        'invalid value: -1: spec.numActivators',
        'invalid value: Maybe: spec.mode',
        'invalid value: h3: spec.protocolType',
        'missing field(s): spec.objectRef.apiVersion, spec.objectRef.kind, spec.objectRef.name',
      ),
    ],
    [
      'ServerlessService without mode and protocol',
      make('ServerlessService', `spec: { objectRef: ${target} }`),
      'missing field(s): spec.mode, spec.protocolType',
    ],
    ['Metric', make('Metric', 'spec: { scrapeTarget: a, stableWindow: 6, panicWindow: 6 }'), 'admitted'],
  ] satisfies (Rule | readonly [string, unknown, string, More])[]);
});
