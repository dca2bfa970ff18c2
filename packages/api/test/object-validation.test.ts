import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { KubernetesObject, Revision, Service } from '../src/index.ts';
import { admit, hello, refusal, service } from './admit.ts';

describe('validation', () => {
  it.each([
    ['[{ percent: 50 }, { revisionName: hello-1, percent: 40 }]', 'Traffic targets sum to 90, want 100: spec.traffic'],
    [
      '[{ percent: 101 }, { percent: -1 }]',
      'expected 0 <= -1 <= 100: spec.traffic[1].percent\nexpected 0 <= 101 <= 100: spec.traffic[0].percent',
    ],
    [
      '[{ percent: 100, tag: a }, { tag: a, revisionName: r }]',
      'Multiple definitions for "a": spec.traffic[0].tag, spec.traffic[1].tag',
    ],
    ['[{ percent: 100, url: "http://x" }]', 'must not set the field(s): spec.traffic[0].url'],
    ['[{ percent: 100, configurationName: c }]', 'must not set the field(s): spec.traffic[0].configurationName'],
    [
      '[{ percent: 100, revisionName: r, latestRevision: true }]',
      'may not set revisionName "r" when latestRevision is true: spec.traffic[0].latestRevision',
    ],
    [
      '[{ percent: 100, latestRevision: false }]',
      'may not set revisionName "" when latestRevision is false: spec.traffic[0].latestRevision',
    ],
  ])('refuses traffic %s', (traffic, text) => {
    const manifest = service(`spec: { traffic: ${traffic}, template: { spec: { containers: [{ image: a1 }] } } }`);
    expect(refusal(() => admit(manifest))).toBe(`validation failed: ${text}`);
  });

  it('refuses tags that are no label', () => {
    const manifest = service(
      'spec: { traffic: [{ percent: 100, tag: A }], template: { spec: { containers: [{ image: a1 }] } } }',
    );
    expect(refusal(() => admit(manifest))).toMatch(
      /^validation failed: invalid value: not a DNS 1035 label: \[a DNS-1035 label must .*\]: spec\.traffic\.tag\[0\]$/,
    );
  });

  it.each([
    ['{}', 'name or generateName is required: metadata.name'],
    ['{ name: 1a }', /^not a DNS 1035 label: \[a DNS-1035 label must .*\]: metadata\.name$/],
    ['{ generateName: 1a- }', /^not a DNS 1035 label prefix: \[.*\]: metadata\.generateName$/],
    [
      '{ name: a, annotations: { autoscaling.knative.dev/min-scale: "1" } }',
      'invalid key name "autoscaling.knative.dev/min-scale": metadata.annotations\nautoscaling annotations belong under "spec.template.metadata.annotations"',
    ],
    [
      '{ name: a, annotations: { serving.knative.dev/rollout-duration: 1.5s } }',
      'rollout-duration=1.5s is not at second precision: metadata.annotations.serving.knative.dev/rollout-duration',
    ],
  ])('refuses metadata %s', (metadata, text) => {
    const manifest = { ...hello, metadata: parse(metadata) };
    const refused = refusal(() => admit(manifest)).replace('validation failed: ', '');
    expect(refused).toMatch(text);
  });

  it('refuses membership that no owner vouches for', () => {
    const forged = {
      ...hello,
      kind: 'Configuration',
      metadata: { name: 'x', labels: { 'serving.knative.dev/service': 's' } },
    };
    expect(refusal(() => admit(forged))).toBe(
      'validation failed: missing field(s): metadata.labels.serving.knative.dev/service',
    );
    const owner = { apiVersion: 'serving.knative.dev/v1', kind: 'Service', name: 's', uid: 'u' };
    const owned = { ...forged, metadata: { ...forged.metadata, ownerReferences: [owner] } };
    expect(admit(owned).object.metadata.annotations).toBeUndefined();
  });

  it('keeps the annotations about users out of users’ hands', () => {
    const stored = admit(hello).object;
    const forge = (key: string): KubernetesObject => ({
      ...stored,
      metadata: {
        ...stored.metadata,
        annotations: { ...stored.metadata.annotations, [`serving.knative.dev/${key}`]: 'eve' },
      },
    });
    expect(refusal(() => admit(forge('creator'), { oldObject: stored }))).toBe(
      'validation failed: annotation value is immutable: metadata.annotations.serving.knative.dev/creator',
    );
    expect(refusal(() => admit(forge('lastModifier'), { oldObject: stored }))).toBe(
      'validation failed: invalid value: eve: metadata.annotations.serving.knative.dev/lastModifier',
    );
  });

  it('refuses a change under an unchanged own name', () => {
    const named = admit(
      service('spec: { template: { metadata: { name: hello-one }, spec: { containers: [{ image: a1 }] } } }'),
    ).object as Service;
    const changed = structuredClone(named);
    changed.spec.template.spec.containers[0]!.image = 'b1';
    expect(refusal(() => admit(changed, { oldObject: named }))).toBe(
      'validation failed: Saw the following changes without a name change (-old +new): spec.template.metadata.name\n' +
        '-spec.containers.0.image: "a1"\n+spec.containers.0.image: "b1"',
    );
    expect(admit(named, { oldObject: named }).object).toEqual(named);
  });

  it('refuses any change of a Revision’s spec, but not of its metadata', () => {
    const revision: Revision = admit({
      kind: 'Revision',
      metadata: { name: 'r' },
      spec: { containers: [{ image: 'a1', resources: { limits: { cpu: '1' } } }] },
    }).object as Revision;
    const changed = structuredClone(revision);
    changed.spec.timeoutSeconds = 5;
    expect(refusal(() => admit(changed, { oldObject: revision }))).toBe(
      'validation failed: Immutable fields changed (-old +new): spec\n-timeoutSeconds: 300\n+timeoutSeconds: 5',
    );
    const same = structuredClone(revision);
    same.metadata.annotations = { 'autoscaling.knative.dev/min-scale': '4' };
    same.spec.containers[0]!.resources!.limits!['cpu'] = '1000m';
    expect(admit(same, { oldObject: revision }).object).toEqual(same);
  });

  it('refuses a Route without traffic, and targets with both or neither name', () => {
    const route = (traffic: unknown): unknown => ({ kind: 'Route', metadata: { name: 'r' }, spec: { traffic } });
    expect(refusal(() => admit(route(undefined)))).toBe(
      'validation failed: Traffic targets sum to 0, want 100: spec.traffic',
    );
    expect(refusal(() => admit(route([{ percent: 100 }])))).toBe(
      'validation failed: expected exactly one, got neither: spec.traffic[0].configurationName, spec.traffic[0].revisionName',
    );
    expect(admit(route([{ percent: 100, configurationName: 'c' }])).object).toMatchObject({
      spec: { traffic: [{ latestRevision: true }] },
    });
  });

  it('refuses PodAutoscalers and Ingresses that make no sense', () => {
    const scaler = { kind: 'PodAutoscaler', metadata: { name: 'a' }, spec: { protocolType: 'h3' } };
    expect(refusal(() => admit(scaler))).toBe(
      'validation failed: invalid value: h3: spec.protocolType\nmissing field(s): spec.scaleTargetRef.apiVersion, spec.scaleTargetRef.kind, spec.scaleTargetRef.name',
    );
    expect(refusal(() => admit({ ...scaler, spec: {} }))).toBe('validation failed: missing field(s): spec');
    const splits = [{ serviceName: 'r', serviceNamespace: 'other', servicePort: 80, percent: 50 }];
    const ingress = {
      kind: 'Ingress',
      metadata: { name: 'i', namespace: 'n' },
      spec: { rules: [{ http: { paths: [{ splits }] } }] },
    };
    expect(refusal(() => admit(ingress))).toContain(
      'Traffic split percentage must total to 100, but was 50: spec.rules[0].http.paths[0].splits',
    );
    expect(refusal(() => admit(ingress))).toContain(
      'invalid value: other: spec.rules[0].http.paths[0].splits[0].serviceNamespace',
    );
  });
});
