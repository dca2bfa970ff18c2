import type { Schema } from '../crd.ts';
import { type Kind, column, readyColumns, urlColumn } from './kind.ts';
import { list, object, text } from './schema.ts';
import { configurationStatus, revisionStatus, routeStatus, trafficSchema } from './status-schema.ts';
import { revisionSpecSchema, templateSchema } from './template-schema.ts';

const serving = { group: 'serving.knative.dev', version: 'v1', categories: ['all', 'knative', 'serving'] };
const traffic = list('How the traffic is split; all of it to the latest ready Revision if left out.', trafficSchema);
const latestCreated = column('LatestCreated', '.status.latestCreatedRevisionName');
const latestReady = column('LatestReady', '.status.latestReadyRevisionName');

/** What a DomainMapping asks for. */
export const domainMappingSpec: Schema = object(
  'What answers for the domain.',
  {
    ref: object(
      'The Knative Service, Route or other addressable object that gets the requests.',
      {
        apiVersion: text('Its API version.'),
        kind: text('Its kind.'),
        name: text('Its name.'),
        namespace: text("Its namespace: the DomainMapping's own, which is the default."),
        group: text('May not be set; use apiVersion.'),
        address: text('Which of its addresses, by name; the first if left out.'),
      },
      { required: ['kind', 'name'] },
    ),
    tls: object(
      'A certificate of your own.',
      { secretName: text('The Secret that holds it.') },
      { required: ['secretName'] },
    ),
  },
  { required: ['ref'] },
);

/** What users of Ebb deal with (serving-api.md, section 1). */
export const servingKinds: readonly Kind[] = [
  {
    ...serving,
    kind: 'Service',
    plural: 'services',
    shortNames: ['kservice', 'ksvc'],
    ducks: ['addressable', 'podspecable'],
    description: 'An HTTP service: what its instances run, and who gets how much of its traffic.',
    spec: object('What is wanted.', { template: templateSchema, traffic }),
    status: { ...configurationStatus, ...routeStatus },
    columns: [urlColumn, latestCreated, latestReady, ...readyColumns],
  },
  {
    ...serving,
    kind: 'Configuration',
    plural: 'configurations',
    shortNames: ['config', 'cfg'],
    ducks: ['podspecable'],
    description: 'What instances run; each change makes a Revision.',
    spec: object('What is wanted.', { template: templateSchema }),
    status: configurationStatus,
    columns: [latestCreated, latestReady, ...readyColumns],
  },
  {
    ...serving,
    kind: 'Revision',
    plural: 'revisions',
    shortNames: ['rev'],
    description: 'One version of what instances run; it never changes.',
    spec: revisionSpecSchema,
    status: revisionStatus,
    columns: [
      column('Config Name', ".metadata.labels['serving\\.knative\\.dev/configuration']"),
      column('Generation', ".metadata.labels['serving\\.knative\\.dev/configurationGeneration']"),
      ...readyColumns,
      column('Actual Replicas', '.status.actualReplicas', 'integer'),
      column('Desired Replicas', '.status.desiredReplicas', 'integer'),
    ],
  },
  {
    ...serving,
    kind: 'Route',
    plural: 'routes',
    shortNames: ['rt'],
    ducks: ['addressable'],
    description: 'A host, and the Revisions that get its requests.',
    spec: object('What is wanted.', { traffic }),
    status: routeStatus,
    columns: [urlColumn, ...readyColumns],
  },
  {
    ...serving,
    version: 'v1beta1',
    kind: 'DomainMapping',
    plural: 'domainmappings',
    shortNames: ['dm'],
    description: 'A domain, its name, and what answers for it.',
    spec: domainMappingSpec,
    status: { url: routeStatus.url, address: routeStatus.address },
    columns: [urlColumn, ...readyColumns],
  },
];
