import { describe, expect, it } from 'vitest';
import { type KubernetesObject, StatusError, dryRunRefusal, keys, parseServingConfig } from '../src/index.ts';
import { admit, refusal, withContainer } from './admit.ts';

const path = 'spec.template.spec';

describe('admission', () => {
  it('lets other kinds pass', () => {
    const junk = { kind: 'Junk', metadata: {}, spec: 7 } as unknown as KubernetesObject;
    expect(admit(junk)).toEqual({ object: junk, warnings: [] });
  });

  it.each(['Service', 'Configuration'])('lets writes of the status of a %s pass as they are', (kind) => {
    const object = { kind, metadata: {} };
    expect(admit(object, { subresource: 'status' })).toEqual({ object, warnings: [] });
  });

  it.each([
    ['Revision', { containers: [] }, 'missing field(s): spec.containers'],
    ['Route', { traffic: [] }, 'Traffic targets sum to 0, want 100: spec.traffic'],
    [
      'DomainMapping',
      { ref: { kind: 'Service', name: 'a' } },
      'invalid name "hello": name: Invalid value: "hello": should be a domain with at least two segments separated by dots: metadata.name\nmissing field(s): spec.ref.apiVersion',
    ],
  ])('judges a %s also when its status is written', (kind, spec, text) => {
    const object = { kind, metadata: { name: 'hello' }, spec };
    expect(refusal(() => admit(object, { subresource: 'status' }))).toBe(`validation failed: ${text}`);
  });

  it('does not hold against a write of the status what was wrong before', () => {
    const annotations = { 'autoscaling.knative.dev/max-scale': '10' };
    const spec = { containers: [{ image: 'a1' }] };
    const stored = admit({ kind: 'Revision', metadata: { name: 'r', annotations }, spec }).object;
    const config = parseServingConfig({ 'config-autoscaler': { 'max-scale-limit': '5', 'max-scale': '1' } });
    const written = { ...stored, status: { observedGeneration: 1 } };
    expect(admit(written, { oldObject: stored, subresource: 'status', config }).object).toEqual(written);
    expect(refusal(() => admit(written, { oldObject: stored, config }))).toContain('expected 1 <= 10 <= 5');
    const worse = { ...written, spec: { ...spec, timeoutSeconds: 5 } };
    expect(refusal(() => admit(worse, { oldObject: stored, subresource: 'status', config }))).toContain(
      'Immutable fields changed',
    );
  });

  it('gives back what it was given in the form an API server stores', () => {
    const manifest = {
      kind: 'Service',
      metadata: { name: 'a' },
      spec: { template: { spec: { containers: [{ image: 'a1' }] } } },
    };
    expect(admit(manifest).object).toMatchObject({
      spec: { template: { metadata: {}, spec: { containers: [{ resources: {} }] } } },
    });
  });

  it('names a field of the wrong type', () => {
    expect(refusal(() => admit(withContainer('{ image: 5 }')))).toBe(
      'admission webhook "webhook.serving.knative.dev" denied the request: ' +
        `mutation failed: cannot decode a number into field ${path}.containers[0].image, which is a string`,
    );
  });

  it('names a pod to try out in a dry run', () => {
    const manifest = withContainer('{ image: a1, name: Not_A_Name }');
    expect(admit(manifest).dryRunPod).toBeUndefined();
    expect(admit(manifest, { dryRun: true }).dryRunPod).toMatchObject({
      metadata: { generateName: 'dry-run-validation', namespace: 'default' },
      spec: { containers: [{ name: 'Not_A_Name', image: 'a1' }], terminationGracePeriodSeconds: 300 },
    });
    const asking = { ...manifest, metadata: { ...manifest.metadata, annotations: { [keys.podSpecDryRun]: 'strict' } } };
    expect(admit(asking).dryRunPod).toMatchObject({ metadata: { generateName: 'dry-run-validation' } });
    const refused = dryRunRefusal(new StatusError('Invalid', 'Pod "dry-run-validation" is invalid: no'));
    expect(refused?.text).toBe(
      'validation callback failed: dry run failed with Pod "dry-run-validation" is invalid: no: spec.template',
    );
    const webhook = 'admission webhook "w" does not support dry run';
    expect(dryRunRefusal(new StatusError('BadRequest', webhook))).toBeUndefined();
  });

  const configMap = (
    name: string,
    data: unknown,
    metadata: object = { namespace: 'knative-serving' },
  ): KubernetesObject => ({ kind: 'ConfigMap', metadata: { name, ...metadata }, data }) as KubernetesObject;
  const bad = { 'stable-window': '2s' };
  const prefix = 'admission webhook "config.webhook.serving.knative.dev" denied the request: ';

  it('refuses ConfigMaps that do not parse', () => {
    expect(refusal(() => admit(configMap('config-autoscaler', bad)))).toMatch(
      `${prefix}validation failed: stable-window = 2s, must be within`,
    );
    expect(refusal(() => admit(configMap('config-autoscaler', { a: 5 })))).toMatch(
      `${prefix}decoding request failed: `,
    );
  });

  const labelled = (component: string, name = 'knative-serving'): object => ({
    labels: { 'app.kubernetes.io/name': name, 'app.kubernetes.io/component': component },
  });

  it.each<[what: string, name: string, metadata: object, outcome: string]>([
    ['one in the system’s namespace', 'config-autoscaler', { namespace: 'knative-serving' }, 'refused'],
    ['one in another namespace', 'config-autoscaler', { namespace: 'default' }, 'admitted'],
    ['one of another name', 'config-other', { namespace: 'knative-serving' }, 'admitted'],
    ...['autoscaler', 'controller', 'logging', 'networking', 'observability', 'tracing', 'net-certmanager'].map(
      (component): [string, string, object, string] => [
        `one labelled ${component}`,
        'config-autoscaler',
        labelled(component),
        'refused',
      ],
    ),
    ['one of another component', 'config-autoscaler', labelled('mine'), 'admitted'],
    ['one of another application', 'config-autoscaler', labelled('autoscaler', 'mine'), 'admitted'],
  ])('looks at ConfigMaps by name and label: %s', (_, name, metadata, outcome) => {
    const said = refusal(() => admit(configMap(name, bad, metadata)));
    expect(said === 'admitted' ? said : 'refused').toBe(outcome);
  });

  it.each([
    ['x', '8cdc1683', 'admitted'],
    ['\n x \n', '8cdc1683', 'admitted'],
    ['x', undefined, 'admitted'],
    [undefined, '00000000', 'admitted'],
    ['a\nb', '9fbadef3', 'admitted'],
    ['a\r\n\nb', '9fbadef3', 'admitted'],
    ['y', '8cdc1683', 'refused'],
  ])('holds the example %j against its checksum %s', (example, checksum, outcome) => {
    const object = configMap('config-gc', example === undefined ? {} : { _example: example });
    if (checksum !== undefined) object.metadata.annotations = { 'knative.dev/example-checksum': checksum };
    const said = refusal(() => admit(object));
    expect(said.includes('copy the lines you want out of "_example"') ? 'refused' : said).toBe(outcome);
  });
});

describe('a manifest of very many parts', () => {
  const many = (make: (index: number) => unknown): unknown[] =>
    Array.from({ length: 20_000 }, (_, index) => make(index));
  const manifest = (spec: object): KubernetesObject =>
    ({ kind: 'Service', metadata: { name: 'big' }, spec: { template: { spec } } }) as KubernetesObject;

  it.each([
    ['containers', { containers: many(() => ({})) }],
    ['volumes', { containers: [{ image: 'a1' }], volumes: many((index) => ({ name: `v${index}` })) }],
    [
      'mounts',
      { containers: [{ image: 'a1', volumeMounts: many((index) => ({ name: 'v', mountPath: `/${index}` })) }] },
    ],
    [
      'fields',
      { containers: [{ image: 'a1' }], securityContext: Object.fromEntries(many((i) => [`f${String(i)}`, 1]) as []) },
    ],
    ['variables', { containers: [{ image: 'a1', env: many(() => ({})) }] }],
  ])('is refused without ado: %s', (_, spec) => {
    expect(refusal(() => admit(manifest(spec)))).toContain('validation failed: ');
  });
});
