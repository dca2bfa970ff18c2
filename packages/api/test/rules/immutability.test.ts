import { describe } from 'vitest';
import { type Rule, checkRules, dns1035, lines, make } from './rules.ts';

/** A Service or Configuration whose template has this metadata and pod. */
const templated = (kind: string, metadata: string, pod = '', name = 'name: hello'): unknown =>
  make(
    kind,
    `{ metadata: { ${name}, namespace: default }, spec: { template: { metadata: { ${metadata} }, spec: { containers: [{ image: a1, name: u }]${pod} } } } }`,
  );
const path = 'spec.template.metadata.name';
const both = (rule: (kind: string) => Rule[]): Rule[] => ['Service', 'Configuration'].flatMap(rule);

describe('11 own names of Revisions', () => {
  checkRules([
    ...both((kind) => [
      [`${kind}: with the parent’s name before it`, templated(kind, 'name: hello-one'), 'admitted'],
      [
        `${kind}: without it`,
        templated(kind, 'name: other-1'),
        `invalid value: "other-1" must have prefix "hello-": ${path}`,
      ],
      [
        `${kind}: just the parent’s name`,
        templated(kind, 'name: hello'),
        `invalid value: "hello" must have prefix "hello-": ${path}`,
      ],
      [
        `${kind}: no label`,
        templated(kind, 'name: hello.one'),
        `invalid value: not a DNS 1035 label: [${dns1035}]: ${path}`,
      ],
      [
        `${kind}: while the parent has none itself`,
        templated(kind, 'name: hello-one', '', 'generateName: hello-'),
        `must not set the field(s): ${path}`,
      ],
      [`${kind}: the beginning of a name, which is not used`, templated(kind, 'generateName: other-'), 'admitted'],
      [
        `${kind}: the beginning of no name`,
        templated(kind, 'generateName: 1st-'),
        `invalid value: not a DNS 1035 label prefix: [${dns1035}]: spec.template.metadata.generateName`,
      ],
    ]),
  ]);
});

/** An update of a template under this name. */
const update = (what: string, before: string, after: string, text: string, pod = ''): Rule[] =>
  both((kind) => [[`${kind}: ${what}`, templated(kind, after, pod), text, { old: templated(kind, before) }]]);
const saw = `Saw the following changes without a name change (-old +new): ${path}`;

describe('11 changes under an own name', () => {
  checkRules([
    ...update('nothing', 'name: hello-one', 'name: hello-one', 'admitted'),
    ...update(
      'a field',
      'name: hello-one',
      'name: hello-one',
      lines(saw, '+spec.timeoutSeconds: 30'),
      ', timeoutSeconds: 30',
    ),
    ...update(
      'a label',
      'name: hello-one',
      'name: hello-one, labels: { a: b }',
      lines(saw, '+metadata.labels: {"a":"b"}'),
    ),
    ...update('a field, with another name', 'name: hello-one', 'name: hello-two, labels: { a: b }', 'admitted'),
    ...update('a field, with a name for the first time', 'labels: {}', 'name: hello-two, labels: { a: b }', 'admitted'),
    ...update('a field, without a name any more', 'name: hello-one', 'labels: { a: b }', 'admitted'),
  ]);
});

const revision = (spec: string, annotations = '{}'): unknown =>
  make('Revision', `{ metadata: { name: r, annotations: ${annotations} }, spec: { ${spec} } }`);
const stored = {
  old: revision('containers: [{ image: a1, resources: { limits: { cpu: "1" } } }], timeoutSeconds: 300'),
};

describe('11 Revisions', () => {
  checkRules([
    [
      'another timeout',
      revision('containers: [{ image: a1, resources: { limits: { cpu: "1" } } }], timeoutSeconds: 5'),
      lines('Immutable fields changed (-old +new): spec', '-timeoutSeconds: 300', '+timeoutSeconds: 5'),
      stored,
    ],
    [
      'another way to write the same',
      revision('containers: [{ image: a1, resources: { limits: { cpu: 1000m } } }], timeoutSeconds: 300'),
      'admitted',
      stored,
    ],
    [
      'other annotations',
      revision(
        'containers: [{ image: a1, resources: { limits: { cpu: "1" } } }], timeoutSeconds: 300',
        '{ autoscaling.knative.dev/min-scale: "4" }',
      ),
      'admitted',
      stored,
    ],
  ]);
});
