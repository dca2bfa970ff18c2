import { describe, expect, it } from 'vitest';
import { type Key, bool, checkKeys, duration, text, whole, write } from './config-keys.ts';

const wholeSeconds = 'must be a whole number of seconds, 0s or more';
const onOff = (keys: string, field: string): Key => ({
  keys,
  field,
  byDefault: false,
  good: [
    ['Enabled', true],
    ['disabled', false],
    ['', false],
  ],
  bad: [['on', 'must be one of Enabled, Disabled']],
});

const network: readonly Key[] = [
  text('ingress-class ingress.class', 'ingressClass', 'ebb.ingress.networking.knative.dev'),
  text('certificate-class certificate.class', 'certificateClass', 'cert-manager.certificate.networking.knative.dev'),
  {
    keys: 'domain-template domainTemplate',
    field: '',
    good: [['{{.Name}}-{{.Namespace}}.{{.Domain}}'], ['{{.Name}}.{{index .Annotations "sub"}}.{{.Domain}}']],
    bad: [
      ['{{.Name}}/x', 'must be a template over Name, Namespace, Domain, Annotations and Labels that yields a host'],
      ['{{.Nome}}', 'must be a template over'],
      ['{{', 'must be a template over'],
      ['{{if eq .Name "other"}}a{{end}}', 'must be a template over'],
      ['{{.Name}}}.{{.Domain}}', 'must be a template over'],
    ],
  },
  {
    keys: 'tag-template tagTemplate',
    field: '',
    good: [['{{.Name}}-{{.Tag}}']],
    bad: [
      ['{{.Domain}}', 'must be a template over Tag and Name'],
      ['{{end}}', 'must be a template over Tag and Name'],
    ],
  },
  {
    keys: 'rollout-duration rolloutDuration',
    field: 'rolloutDurationMs',
    byDefault: 0,
    good: [
      ['380', 380_000],
      ['380s', 380_000],
      ['0', 0],
    ],
    bad: [
      ['1500ms', wholeSeconds],
      ['-1s', wholeSeconds],
      ['-1', 'must be at least 0'],
      ['soon', duration],
    ],
  },
  bool('autocreate-cluster-domain-claims autocreateClusterDomainClaims', 'autocreateClusterDomainClaims', false),
  onOff('external-domain-tls auto-tls autoTLS', 'externalDomainTLS'),
  onOff('cluster-local-domain-tls', 'clusterLocalDomainTLS'),
  onOff('system-internal-tls', 'systemInternalTLS'),
  {
    keys: 'http-protocol httpProtocol',
    field: 'httpProtocol',
    byDefault: 'Enabled',
    good: [
      ['redirected', 'Redirected'],
      ['DISABLED', 'Disabled'],
      ['', 'Enabled'],
    ],
    bad: [['off', 'must be one of Enabled, Redirected, Disabled']],
  },
  {
    keys: 'default-external-scheme defaultExternalScheme',
    field: 'defaultExternalScheme',
    byDefault: 'http',
    good: [['https', 'https']],
    bad: [['ftp', 'must be one of http, https']],
  },
  {
    keys: 'ebb-external-port',
    field: 'externalPort',
    good: [
      ['8443', 8443],
      ['', undefined],
    ],
    bad: [
      ['0', 'must be a port from 1 to 65535'],
      ['x', whole],
    ],
  },
  {
    keys: 'namespace-wildcard-cert-selector',
    field: 'namespaceWildcardCertSelector',
    good: [
      ['matchLabels: { a: b }', { matchLabels: { a: 'b' } }],
      ['{}', undefined],
      ['', undefined],
    ],
    bad: [
      ['- a', 'must be a label selector'],
      ['{', 'must be YAML'],
    ],
  },
  {
    keys: 'mesh-compatibility-mode',
    field: 'meshCompatibilityMode',
    byDefault: 'auto',
    good: [
      ['Enabled', 'enabled'],
      ['disabled', 'disabled'],
    ],
    bad: [['on', 'must be one of auto, enabled, disabled']],
  },
  bool('enable-mesh-pod-addressability', 'enableMeshPodAddressability', false),
];

describe('12 config-network', () => {
  checkKeys('config-network', network);
});

describe('12 config-domain', () => {
  it.each([
    ['', 'admitted'],
    ['selector: { app: web }', 'admitted'],
    ['selector: { app: web }\ntype: wildcard', 'admitted'],
    ['{', 'example.com = {, must be YAML'],
    ['text', 'example.com = text, must be empty or "selector:" with labels and, if wanted, "type: wildcard"'],
    [
      'selector: text',
      'example.com = selector: text, must be empty or "selector:" with labels and, if wanted, "type: wildcard"',
    ],
    [
      'selector: { a: 1 }',
      'example.com = selector: { a: 1 }, must be empty or "selector:" with labels and, if wanted, "type: wildcard"',
    ],
  ])('%j', (value, said) => {
    expect(write('config-domain', { 'example.com': value })).toBe(said);
  });
});
