import { type Story, asTable, create, get, patch, remove, replace, watchSince } from '../story.ts';

const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      required: ['size'],
      properties: {
        size: { type: 'integer', minimum: 1, maximum: 10 },
        color: { type: 'string', default: 'red', enum: ['red', 'blue'] },
        name: { type: 'string', maxLength: 5, minLength: 2, pattern: '^[a-z]+$' },
        port: { 'x-kubernetes-int-or-string': true },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' }, maxItems: 3 },
        parts: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: {
            type: 'object',
            required: ['name'],
            properties: { name: { type: 'string' }, count: { type: 'integer', default: 1 } },
          },
        },
        map: { type: 'object', additionalProperties: { type: 'integer' } },
        maybe: { type: 'string', nullable: true },
        when: { type: 'string', format: 'date-time' },
        replicas: { type: 'integer' },
      },
    },
    status: {
      type: 'object',
      properties: { phase: { type: 'string' }, replicas: { type: 'integer' }, selector: { type: 'string' } },
    },
  },
};
const crd = (more: object = {}, version: object = {}): object => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.<ns>.example.com' },
  spec: {
    group: '<ns>.example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget', shortNames: ['wd'], categories: ['all'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: schema },
        subresources: {
          status: {},
          scale: {
            specReplicasPath: '.spec.replicas',
            statusReplicasPath: '.status.replicas',
            labelSelectorPath: '.status.selector',
          },
        },
        additionalPrinterColumns: [
          { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
          { name: 'Phase', type: 'string', jsonPath: '.status.phase', priority: 1 },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
        selectableFields: [{ jsonPath: '.spec.color' }],
        ...version,
      },
    ],
    ...more,
  },
});
const widgets = '/apis/<ns>.example.com/v1/namespaces/<ns>/widgets';
const widget = (name: string, spec: object = { size: 1 }, metadata: object = {}): object => ({
  apiVersion: '<ns>.example.com/v1',
  kind: 'Widget',
  metadata: { name, ...metadata },
  spec,
});
const names = (list: { items?: { metadata: { name: string } }[] }): unknown =>
  list.items?.map(({ metadata }) => metadata.name) ?? list;

/** Kinds that clients define. */
export const custom: readonly Story[] = [
  {
    name: 'custom',
    managedFields: true,
    steps: [
      create('the definition', crds, crd(), { show: ({ spec }: { spec: object }) => spec }),
      get('none yet', widgets, { until: 200 }),
      create('a widget', widgets, widget('a', { size: 1, replicas: 2 }), {
        until: 201,
        save: { v: 'metadata.resourceVersion' },
      }),
      create('one without kind', widgets, { metadata: { name: 'x' }, spec: { size: 1 } }),
      create('with unknown fields', widgets, {
        ...widget('u', { size: 1, nope: 1, free: { any: { thing: 1 } } }),
        extra: 1,
      }),
      create('with unknown fields, strict', `${widgets}?fieldValidation=Strict`, {
        ...widget('x', { size: 1, nope: 1 }),
        extra: 1,
      }),
      create('without what it needs', widgets, widget('x', {})),
      create('without a spec', widgets, { ...widget('x'), spec: undefined }),
      create(
        'with bad values',
        widgets,
        widget('x', { size: 11, color: 'green', name: 'ABCDEFG', tags: ['a', 'a'], map: { a: 'b' } }),
      ),
      create('with wrong types', widgets, widget('x', { size: '1', port: true, tags: 'a', when: 'x' })),
      create('with a value too small', widgets, widget('x', { size: 0, name: 'a' })),
      create('with too many items', widgets, widget('x', { size: 1, tags: ['a', 'b', 'c', 'd'] })),
      create('with a part twice', widgets, widget('x', { size: 1, parts: [{ name: 'a' }, { name: 'a' }] })),
      create('with a part that lacks its key', widgets, widget('x', { size: 1, parts: [{ count: 2 }] })),
      create(
        'with nulls',
        widgets,
        widget('n', { size: 1, color: null, maybe: null, parts: [{ name: 'a', count: null }] }),
      ),
      create('with a null that may not be', widgets, widget('x', { size: null })),
      create('with a port as a number', widgets, widget('p', { size: 1, port: 80, when: '2026-01-01T00:00:00Z' })),
      create('with a fraction', widgets, widget('x', { size: 1.5 })),
      create('with a large number', widgets, widget('x', { size: 1, replicas: 1e30 })),
      create(
        'with a status',
        widgets,
        { ...widget('s'), status: { phase: 'Mine' } },
        { show: ({ status }: { status?: object }) => status ?? 'none' },
      ),
      patch(
        'merge',
        'of its spec',
        `${widgets}/a`,
        { spec: { size: 2 } },
        { show: ({ metadata }: { metadata: { generation: number } }) => metadata.generation },
      ),
      patch(
        'merge',
        'of a label',
        `${widgets}/a`,
        { metadata: { labels: { a: 'b' } } },
        { show: ({ metadata }: { metadata: { generation: number } }) => metadata.generation },
      ),
      patch(
        'merge',
        'of its status beside',
        `${widgets}/a`,
        { status: { phase: 'X' } },
        { show: ({ status }: { status?: object }) => status ?? 'none' },
      ),
      patch('merge', 'of its status', `${widgets}/a/status`, {
        status: { phase: 'Ready', replicas: 3, selector: 'a=b' },
        spec: { size: 9 },
      }),
      patch('merge', 'of its status, a wrong type', `${widgets}/a/status`, { status: { phase: 5 } }),
      patch('strategic', 'strategic', `${widgets}/a`, { spec: { size: 2 } }),
      patch('json', 'JSON', `${widgets}/a`, [{ op: 'add', path: '/spec/tags', value: ['t'] }]),
      patch(
        'apply',
        'apply',
        `${widgets}/a?fieldManager=m`,
        widget('a', { size: 2, parts: [{ name: 'p' }], tags: ['u'] }),
      ),
      patch(
        'apply',
        'apply, a conflict',
        `${widgets}/a?fieldManager=n`,
        widget('a', { size: 3, parts: [{ name: 'p', count: 5 }] }),
      ),
      patch(
        'apply',
        'apply, with force',
        `${widgets}/a?fieldManager=n&force=true`,
        widget('a', { size: 3, parts: [{ name: 'p', count: 5 }, { name: 'q' }] }),
      ),
      patch('apply', 'apply, a wrong type', `${widgets}/a?fieldManager=n`, widget('a', { size: 'x' })),
      replace('without a version', `${widgets}/a`, widget('a', { size: 4 })),
      replace('what is not there', `${widgets}/nope`, widget('nope', { size: 4 })),
      replace('with a version of a bad kind', `${widgets}/a`, {
        ...widget('a', { size: 4 }),
        metadata: { name: 'a', resourceVersion: 'x' },
      }),
      get('its scale', `${widgets}/a/scale`),
      patch('merge', 'of its scale', `${widgets}/a/scale`, { spec: { replicas: 7 } }),
      replace('its scale', `${widgets}/a/scale`, {
        apiVersion: 'autoscaling/v1',
        kind: 'Scale',
        metadata: { name: 'a' },
        spec: { replicas: 8 },
      }),
      patch('merge', 'of its scale, below zero', `${widgets}/a/scale`, { spec: { replicas: -1 } }),
      get('as a table', `${widgets}/a`, { accept: asTable }),
      get('by its colour', `${widgets}?fieldSelector=spec.color%3Dred`, { show: names }),
      get('by an unknown field', `${widgets}?fieldSelector=spec.size%3D1`, { show: names }),
      watchSince('what was told', `${widgets}`, '<v>', '&fieldSelector=metadata.name%3Da'),
      get('what the group has', '/apis/<ns>.example.com/v1', {
        show: ({ resources }: { resources: { name: string }[] }) =>
          Object.fromEntries(resources.map((each) => [each.name, { ...each, storageVersionHash: undefined }])),
      }),
      get('the group', '/apis/<ns>.example.com'),
      create('without a namespace', '/apis/<ns>.example.com/v1/widgets', widget('x')),
      remove('one', `${widgets}/a`),
      remove('all', widgets, undefined, { show: ({ kind }: { kind: string }) => kind }),
      remove('the definition', `${crds}/widgets.<ns>.example.com`, undefined, {
        show: ({ status }: { status: unknown }) => typeof status,
      }),
      get('none any more', widgets, { until: 404, show: (body: unknown) => typeof body }),
    ],
  },
  {
    name: 'definitions',
    steps: [
      create('with a wrong name', crds, { ...crd(), metadata: { name: 'nope' } }),
      create('with no version to store', crds, crd({}, { storage: false })),
      create('with no schema', crds, crd({}, { schema: undefined })),
      create(
        'with a schema that is not structural',
        crds,
        crd({}, { schema: { openAPIV3Schema: { type: 'object', properties: { a: { items: { type: 'string' } } } } } }),
      ),
      create('with a bad scope', crds, crd({ scope: 'Nope' })),
      create('with bad names', crds, crd({ names: { plural: 'Widgets', kind: 'widget' } })),
      create(
        'with a default of a wrong type',
        crds,
        crd({}, { schema: { openAPIV3Schema: { type: 'object', properties: { a: { type: 'string', default: 5 } } } } }),
      ),
      create('with a column without path', crds, crd({}, { additionalPrinterColumns: [{ name: 'A', type: 'nope' }] })),
    ],
  },
];
