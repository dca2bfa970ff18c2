import { describe } from 'vitest';
import { type Key, amount, bool, checkKeys, duration, text } from './config-keys.ts';

const deployment: readonly Key[] = [
  {
    keys: 'progress-deadline progressDeadline',
    field: 'progressDeadlineMs',
    byDefault: 600_000,
    good: [['5m', 300_000]],
    bad: [
      ['0s', 'must be a whole number of seconds, more than 0s'],
      ['-1s', 'must be a whole number of seconds, more than 0s'],
      ['1500ms', 'must be a whole number of seconds, more than 0s'],
      ['600', duration],
    ],
  },
  {
    keys: 'digest-resolution-timeout digestResolutionTimeout',
    field: 'digestResolutionTimeoutMs',
    byDefault: 10_000,
    good: [['1500ms', 1500]],
    bad: [
      ['0s', 'must be more than 0s'],
      ['x', duration],
    ],
  },
  {
    keys: 'registries-skipping-tag-resolving registriesSkippingTagResolving',
    field: 'registriesSkippingTagResolving',
    byDefault: new Set(['kind.local', 'ko.local', 'dev.local']),
    good: [
      ['a.io, b.io', new Set(['a.io', 'b.io'])],
      ['', new Set()],
    ],
  },
  ...['cpu CPU', 'memory Memory', 'ephemeral-storage EphemeralStorage'].flatMap((resource) =>
    ['request Request', 'limit Limit'].map((what) => {
      const [[kebab, camel], [low, high]] = [resource.split(' '), what.split(' ')];
      return amount(`queue-sidecar-${kebab}-${low} queueSidecar${camel}${high}`, '');
    }),
  ),
  ...[
    'queue-sidecar-image',
    'queue-sidecar-token-audiences',
    'queue-sidecar-rootca',
    'queue-sidecar-tls-min-version',
  ].map((key) => text(key, '', undefined)),
  {
    keys: 'default-affinity-type',
    field: 'defaultAffinityType',
    byDefault: 'prefer-spread-revision-over-nodes',
    good: [['none', 'none']],
    bad: [['spread', 'must be one of prefer-spread-revision-over-nodes, none']],
  },
  {
    keys: 'runtime-class-name',
    field: 'runtimeClasses',
    byDefault: [],
    good: [
      ['', []],
      ['kata: {}', [{ name: 'kata', selector: {} }]],
      ['gvisor: { selector: { tier: gold } }', [{ name: 'gvisor', selector: { tier: 'gold' } }]],
    ],
    bad: [
      ['[a]', 'must be a map of runtime classes to "selector:" with labels'],
      ['kata: { selector: { a: 1 } }', 'must be a map of runtime classes to "selector:" with labels'],
      ['kata: true', 'must be a map of runtime classes to "selector:" with labels'],
      ['kata: {', 'must be YAML'],
      ['Kata_: {}', 'Kata_: a lowercase RFC 1123 subdomain must consist of'],
      ['kata: { selector: { a: "b c" } }', 'kata: a valid label must be an empty string or consist of'],
    ],
  },
  bool('pod-is-always-schedulable', 'podIsAlwaysSchedulable', false),
];

describe('12 config-deployment', () => {
  checkKeys('config-deployment', deployment);
});
