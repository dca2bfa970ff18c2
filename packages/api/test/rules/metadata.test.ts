import { describe, expect, it } from 'vitest';
import { type KubernetesObject, parseServingConfig } from '../../src/index.ts';
import { admit } from '../admit.ts';
import { type Rule, checkRules, dns1035, lines, make } from './rules.ts';

const spec = 'spec: { template: { spec: { containers: [{ image: a1 }] } } }';
/** What an object of each kind needs besides metadata. */
const specs: Readonly<Record<string, string>> = {
  Service: spec,
  Configuration: spec,
  Revision: 'spec: { containers: [{ image: a1 }] }',
  Route: 'spec: { traffic: [{ configurationName: c, percent: 100 }] }',
};
const object = (kind: string, metadata: string): KubernetesObject =>
  make(kind, `{ metadata: { ${metadata} }, ${specs[kind]} }`);
const kinds = Object.keys(specs);
const parents = ['Service', 'Configuration', 'Route'];

/** The rule for each of these kinds. */
const forEach = (on: readonly string[], what: string, metadata: string, text: string): Rule[] =>
  on.map((kind) => [`${kind} with ${what}`, object(kind, metadata), text]);

const long = 'a'.repeat(64);

describe('4 names', () => {
  checkRules([
    ...forEach(kinds, 'a label', 'name: abc-1', 'admitted'),
    ...forEach(kinds, 'a leading digit', 'name: 1a', `not a DNS 1035 label: [${dns1035}]: metadata.name`),
    ...forEach(kinds, 'a dot', 'name: a.b', `not a DNS 1035 label: [${dns1035}]: metadata.name`),
    ...forEach(
      kinds,
      'a long name',
      `name: ${long}`,
      'not a DNS 1035 label: [must be no more than 63 characters]: metadata.name',
    ),
    ...forEach(kinds, 'the beginning of a name', 'generateName: abc-', 'admitted'),
    ...forEach(
      kinds,
      'a bad beginning of a name, and a bad name, which is not looked at',
      'generateName: 1abc-, name: 1a',
      `not a DNS 1035 label prefix: [${dns1035}]: metadata.generateName`,
    ),
    ...forEach(
      kinds,
      'a beginning and a bad name',
      'generateName: abc-, name: 1a',
      `not a DNS 1035 label: [${dns1035}]: metadata.name`,
    ),
    ...forEach(kinds, 'no name', 'labels: {}', 'name or generateName is required: metadata.name'),
  ]);
});

const scaling = 'autoscaling.knative.dev/min-scale';
const rollout = 'serving.knative.dev/rollout-duration';

describe('4 annotations', () => {
  checkRules([
    ...forEach(
      parents,
      'an annotation of autoscaling',
      `name: a, annotations: { ${scaling}: "1" }`,
      lines(
        `invalid key name "${scaling}": metadata.annotations`,
        'autoscaling annotations belong under "spec.template.metadata.annotations"',
      ),
    ),
    ...['Service', 'Route'].flatMap((kind) =>
      [rollout, 'serving.knative.dev/rolloutDuration'].flatMap((key) =>
        [
          ['380s', 'admitted'],
          ['', 'admitted'],
          ['5', `invalid value: 5: metadata.annotations.${key}`],
          ['1.5s', `rollout-duration=1.5s is not at second precision: metadata.annotations.${key}`],
          ['-1s', `rollout-duration=-1s must be positive: metadata.annotations.${key}`],
        ].flatMap(([value = '', text = '']) =>
          forEach([kind], `${key} "${value}"`, `name: a, annotations: { ${key}: "${value}" }`, text),
        ),
      ),
    ),
    ...forEach(
      ['Configuration'],
      'a rollout, which is not its own',
      `name: a, annotations: { ${rollout}: x }`,
      'admitted',
    ),
  ]);
});

const owner = (kind: string, name: string): string =>
  `ownerReferences: [{ apiVersion: serving.knative.dev/v1, kind: ${kind}, name: ${name}, uid: u }]`;
const member = 'serving.knative.dev/service';
const membership = 'serving.knative.dev/configuration';

describe('4 labels that tell of an owner', () => {
  checkRules([
    ...['Configuration', 'Route'].flatMap((kind) => [
      ...forEach(
        [kind],
        'no owner',
        `name: a, labels: { ${member}: s }`,
        `missing field(s): metadata.labels.${member}`,
      ),
      ...forEach(
        [kind],
        'an owner of another name',
        `name: a, labels: { ${member}: s }, ${owner('Service', 't')}`,
        `missing field(s): metadata.labels.${member}`,
      ),
      ...forEach(
        [kind],
        'an owner of another kind',
        `name: a, labels: { ${member}: s }, ${owner('Route', 's')}`,
        `missing field(s): metadata.labels.${member}`,
      ),
      ...forEach([kind], 'its owner', `name: a, labels: { ${member}: s }, ${owner('Service', 's')}`, 'admitted'),
    ]),
    ...forEach(
      ['Revision'],
      'no owner',
      `name: a, labels: { ${membership}: c }`,
      `missing field(s): metadata.labels.${membership}`,
    ),
    ...forEach(
      ['Revision'],
      'its owner',
      `name: a, labels: { ${membership}: c }, ${owner('Configuration', 'c')}`,
      'admitted',
    ),
    ...forEach(['Revision'], 'the label of a Service', `name: a, labels: { ${member}: s }`, 'admitted'),
  ]);
});

describe('4 labels that tell of an owner, on update', () => {
  const orphan = `name: a, labels: { ${member}: s }`;
  checkRules(
    ['Configuration', 'Route'].flatMap((kind): Rule[] => [
      [
        `${kind} that is left as an orphan`,
        object(kind, orphan),
        'admitted',
        { old: stored(kind, `${orphan}, ${owner('Service', 's')}`) },
      ],
      [
        `${kind} that joins a Service by itself`,
        object(kind, orphan),
        `missing field(s): metadata.labels.${member}`,
        { old: stored(kind, 'name: a') },
      ],
    ]),
  );
});

const by = (creator: string, modifier: string, more = ''): string =>
  `name: a, annotations: { serving.knative.dev/creator: ${creator}, serving.knative.dev/lastModifier: ${modifier} }${more}`;
const owned = `, ${owner('Service', 's')}`;
const users = 'metadata.annotations.serving.knative.dev';

/** The object as it would be stored, with its metadata as given. */
function stored(kind: string, metadata: string): KubernetesObject {
  return { ...admit(object(kind, metadata)).object, metadata: metadataOf(kind, metadata) };
}

const metadataOf = (kind: string, metadata: string): KubernetesObject['metadata'] => object(kind, metadata).metadata;

describe('4 annotations about users, on update', () => {
  checkRules([
    ...parents.flatMap((kind): Rule[] => {
      const old = stored(kind, by('ann', 'bob'));
      return [
        [`${kind} with both as they were`, { ...old }, 'admitted', { old }],
        [
          `${kind} with another creator`,
          { ...old, metadata: metadataOf(kind, by('eve', 'bob')) },
          `annotation value is immutable: ${users}/creator`,
          { old },
        ],
        [
          `${kind} with another modifier`,
          { ...old, metadata: metadataOf(kind, by('ann', 'eve')) },
          `invalid value: eve: ${users}/lastModifier`,
          { old },
        ],
      ];
    }),
    ...['Configuration', 'Route'].map((kind): Rule => [
      `${kind} of an owner, whose affair that is`,
      object(kind, by('eve', 'eve', owned)),
      'admitted',
      { old: stored(kind, by('ann', 'bob', owned)) },
    ]),
  ]);
});

/** Who is told of, of the writers `ann`, who made the object, and `bob`, who writes it now. */
const told = (creator?: string, lastModifier?: string): object => ({
  ...(creator === undefined ? {} : { 'serving.knative.dev/creator': creator }),
  ...(lastModifier === undefined ? {} : { 'serving.knative.dev/lastModifier': lastModifier }),
});

describe('4 annotations about users, as the platform sets them', () => {
  const all = [...kinds, 'DomainMapping'];
  const of = (kind: string, more = ''): KubernetesObject =>
    kind === 'DomainMapping'
      ? make(kind, `{ metadata: { name: a.io${more} }, spec: { ref: { kind: A, name: a, apiVersion: v1 } } }`)
      : object(kind, `name: a${more}`);
  const changed: Readonly<Record<string, object>> = {
    Service: { template: { spec: { containers: [{ image: 'b1' }] } } },
    Configuration: { template: { spec: { containers: [{ image: 'b1' }] } } },
    Route: { traffic: [{ revisionName: 'r', percent: 100 }] },
    DomainMapping: { ref: { kind: 'A', name: 'b', apiVersion: 'v1' } },
  };

  it.each(all.map((kind) => [kind, kind === 'Revision' ? told() : told('ann', 'ann')]))(
    'of a new %s',
    (kind, wanted) => {
      expect(admit(of(kind)).object.metadata.annotations ?? {}).toEqual(wanted);
    },
  );

  it.each([
    ['Configuration', told()],
    ['Route', told()],
    ['Service', told('ann', 'ann')],
    ['DomainMapping', told('ann', 'ann')],
  ])('of a new %s that has an owner', (kind, wanted) => {
    expect(admit(of(kind, owned)).object.metadata.annotations ?? {}).toEqual(wanted);
  });

  it.each(Object.entries(changed))('of a %s whose spec changes, and of one that only gets a label', (kind, spec) => {
    const old = admit(of(kind)).object;
    const by = { oldObject: old, userName: 'bob' };
    expect(admit({ ...old, spec }, by).object.metadata.annotations).toEqual(told('ann', 'bob'));
    const relabelled = { ...old, metadata: { ...old.metadata, labels: { a: 'b' } } };
    expect(admit(relabelled, by).object.metadata.annotations).toEqual(told('ann', 'ann'));
  });

  it('of a Service for which there is a new default since it was stored', () => {
    const old = admit(of('Service')).object;
    const config = parseServingConfig({ 'config-defaults': { 'revision-cpu-request': '1' } });
    const { object: written } = admit(old, { oldObject: old, userName: 'bob', config });
    expect(written).toHaveProperty('spec.template.spec.containers[0].resources.requests.cpu', '1');
    expect(written.metadata.annotations).toEqual(told('ann', 'ann'));
  });
});
