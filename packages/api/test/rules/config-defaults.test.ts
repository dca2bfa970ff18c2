import { describe } from 'vitest';
import { type Key, amount, bool, checkKeys, whole } from './config-keys.ts';

const defaults: readonly Key[] = [
  {
    keys: 'revision-timeout-seconds',
    field: 'revisionTimeoutSeconds',
    byDefault: 300,
    good: [
      ['0', 0],
      ['600', 600],
    ],
    bad: [
      ['601', 'must be within [0, 600], where max-revision-timeout-seconds is 600'],
      ['-1', 'must be within [0, 600], where max-revision-timeout-seconds is 600'],
      ['5m', whole],
    ],
  },
  {
    keys: 'max-revision-timeout-seconds',
    field: 'maxRevisionTimeoutSeconds',
    byDefault: 600,
    good: [['3600', 3600]],
    bad: [
      ['-1', 'must be at least 0'],
      ['x', whole],
    ],
  },
  {
    keys: 'revision-response-start-timeout-seconds',
    field: 'responseStartTimeoutSeconds',
    byDefault: 300,
    good: [['10', 10]],
    bad: [
      ['301', 'must be within [0, 300], where revision-timeout-seconds is 300'],
      ['x', whole],
    ],
  },
  {
    keys: 'revision-idle-timeout-seconds',
    field: 'idleTimeoutSeconds',
    byDefault: 0,
    good: [['300', 300]],
    bad: [
      ['301', 'must be within [0, 300], where revision-timeout-seconds is 300'],
      ['x', whole],
    ],
  },
  ...['cpu', 'memory', 'ephemeral-storage'].flatMap((resource) => [
    amount(`revision-${resource}-request`, `resources.requests.${resource}`),
    amount(`revision-${resource}-limit`, `resources.limits.${resource}`),
  ]),
  ...['container', 'init-container'].map((what) => ({
    keys: `${what}-name-template`,
    field: '',
    good: [['{{.Name}}-app'], ['{{index .Labels "app"}}'], ['{{if .Namespace}}a{{else}}b{{end}}']] as const,
    bad: [['{{.Nome}}', 'must be a template over Name, Namespace, Labels and Annotations']] as const,
  })),
  {
    keys: 'container-concurrency',
    field: 'containerConcurrency',
    byDefault: 0,
    good: [['1000', 1000]],
    bad: [
      ['1001', 'must be within [0, 1000], where container-concurrency-max-limit is 1000'],
      ['-1', 'must be within [0, 1000], where container-concurrency-max-limit is 1000'],
      ['x', whole],
    ],
  },
  {
    keys: 'container-concurrency-max-limit',
    field: 'containerConcurrencyMaxLimit',
    byDefault: 1000,
    good: [['1', 1]],
    bad: [
      ['0', 'must be at least 1'],
      ['x', whole],
    ],
  },
  {
    ...bool('allow-container-concurrency-zero', 'allowContainerConcurrencyZero', true),
    and: { 'container-concurrency': '1' },
  },
  {
    keys: 'enable-service-links',
    field: 'enableServiceLinks',
    byDefault: false,
    good: [
      ['true', true],
      ['false', false],
      ['default', undefined],
      ['anything', undefined],
    ],
  },
];

describe('12 config-defaults', () => {
  checkKeys('config-defaults', defaults);
});
