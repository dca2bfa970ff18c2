import { describe, expect, it } from 'vitest';
import { parseServingConfig } from '../../src/index.ts';
import { type Key, checkKeys, duration, whole, write } from './config-keys.ts';

const notNegative = 'must be 0s or more, or "disabled"';

const gc: readonly Key[] = [
  ...(
    [
      ['retain-since-create-time', 'retainSinceCreateTimeMs', 172_800_000],
      ['retain-since-last-active-time', 'retainSinceLastActiveTimeMs', 54_000_000],
    ] as const
  ).map(([keys, field, byDefault]) => ({
    keys,
    field,
    byDefault,
    good: [
      ['1m', 60_000],
      ['0s', 0],
      ['disabled', undefined],
      ['Disabled', undefined],
      ['', byDefault],
    ] as const,
    bad: [
      ['-1s', notNegative],
      ['5', duration],
    ] as const,
  })),
  {
    keys: 'min-non-active-revisions',
    field: 'minNonActiveRevisions',
    byDefault: 20,
    good: [
      ['0', 0],
      ['1000', 1000],
    ],
    bad: [
      ['-1', 'must be at least 0'],
      ['x', whole],
      ['1001', 'must be at most max-non-active-revisions, which is 1000'],
    ],
  },
  {
    keys: 'max-non-active-revisions',
    field: 'maxNonActiveRevisions',
    byDefault: 1000,
    good: [
      ['20', 20],
      ['disabled', undefined],
      ['', 1000],
    ],
    bad: [
      ['-1', 'must be at least 0'],
      ['x', whole],
    ],
  },
];

const checkedOnly: readonly (readonly [name: string, keys: readonly Key[]])[] = [
  [
    'config-logging',
    [
      { keys: 'zap-logger-config', field: '', good: [['{"level": "info"}']] },
      {
        keys: 'loglevel.controller',
        field: '',
        good: [['debug'], ['']],
        bad: [['loud', 'must be one of debug, info, warn, error, dpanic, panic, fatal']],
      },
    ],
  ],
  [
    'config-leader-election',
    [
      {
        keys: 'lease-duration leaseDuration',
        field: '',
        good: [['60s'], ['10.5s']],
        bad: [
          ['15', duration],
          ['0s', 'must be a second or more'],
        ],
      },
      {
        keys: 'lease-duration',
        field: '',
        good: [['11s']],
        bad: [['10s', 'must be longer than renew-deadline, which is 10s']],
      },
      {
        keys: 'renew-deadline',
        field: '',
        good: [['3s']],
        bad: [['2s', 'must be longer than retry-period, which is 2s']],
      },
      {
        keys: 'renew-deadline renewDeadline',
        field: '',
        good: [['14s']],
        bad: [['15', duration]],
      },
      {
        keys: 'retry-period retryPeriod',
        field: '',
        good: [['9s']],
        bad: [
          ['2', duration],
          ['999ms', 'must be a second or more'],
        ],
      },
      {
        keys: 'buckets',
        field: '',
        good: [['1'], ['10']],
        bad: [
          ['0', 'must be within [1, 10]'],
          ['11', 'must be within [1, 10]'],
          ['x', whole],
        ],
      },
    ],
  ],
  [
    'config-certmanager',
    ['issuerRef', 'clusterLocalIssuerRef', 'systemInternalIssuerRef'].map((keys) => ({
      keys,
      field: '',
      good: [['kind: ClusterIssuer\nname: letsencrypt']] as const,
      bad: [
        ['[a]', 'must be YAML with group, kind and name of an issuer'],
        ['{', 'must be YAML'],
      ] as const,
    })),
  ],
];

describe('12 config-gc', () => {
  checkKeys('config-gc', gc);
});

describe.each(checkedOnly)('12 %s', (name, keys) => {
  checkKeys(name, keys);
});

const names = ['autoscaler', 'certmanager', 'defaults', 'deployment', 'features', 'gc']
  .concat('leader-election', 'logging', 'network', 'observability')
  .map((part) => `config-${part}`);

describe('12 ConfigMaps', () => {
  it('ignore keys nobody knows, and the example', () => {
    for (const name of names)
      expect(write(name, { unknown: 'x', _example: 'revision-timeout-seconds: x' })).toBe('admitted');
  });

  it('are read as a whole or not at all', () => {
    const data = { 'revision-timeout-seconds': '5', 'container-concurrency': 'x' };
    expect(() =>
      parseServingConfig({ 'config-defaults': data, 'config-gc': { 'min-non-active-revisions': '1' } }),
    ).toThrow('config-defaults: container-concurrency = x, must be a whole number');
  });

  it('take the new spelling of a key before the old ones', () => {
    const data = { 'external-domain-tls': 'Disabled', 'auto-tls': 'Enabled', autoTLS: 'x' };
    expect(parseServingConfig({ 'config-network': data }).network.externalDomainTLS).toBe(false);
  });
});
