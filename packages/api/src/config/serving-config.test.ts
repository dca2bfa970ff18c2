import { describe, expect, it } from 'vitest';
import { domainFor } from './domain.ts';
import { defaultServingConfig, parseServingConfig } from './serving-config.ts';

describe('parseServingConfig', () => {
  it('gives Knative’s defaults where nothing is said', () => {
    expect(defaultServingConfig).toMatchObject({
      defaults: {
        revisionTimeoutSeconds: 300,
        maxRevisionTimeoutSeconds: 600,
        responseStartTimeoutSeconds: 300,
        idleTimeoutSeconds: 0,
        containerConcurrency: 0,
        containerConcurrencyMaxLimit: 1000,
        allowContainerConcurrencyZero: true,
        enableServiceLinks: false,
        resources: { requests: {}, limits: {} },
      },
      deployment: { progressDeadlineMs: 600_000, digestResolutionTimeoutMs: 10_000 },
      gc: {
        retainSinceCreateTimeMs: 172_800_000,
        retainSinceLastActiveTimeMs: 54_000_000,
        minNonActiveRevisions: 20,
        maxNonActiveRevisions: 1000,
      },
      network: { ingressClass: 'ebb.ingress.networking.knative.dev', defaultExternalScheme: 'http' },
      features: {
        'multi-container': 'Enabled',
        'kubernetes.podspec-volumes-emptydir': 'Enabled',
        'kubernetes.podspec-affinity': 'Disabled',
        'secure-pod-defaults': 'Disabled',
      },
    });
  });

  it('reads what is said, in old spellings too', () => {
    const config = parseServingConfig({
      'config-network': { domainTemplate: '{{.Name}}-{{.Namespace}}.{{.Domain}}', autoTLS: 'enabled' },
      'config-defaults': { 'revision-cpu-request': '100m', 'enable-service-links': 'default' },
      'config-features': { 'Multi-Container': 'x', 'multi-container': 'DISABLED', 'secure-pod-defaults': 'junk' },
      'config-gc': { 'max-non-active-revisions': 'disabled', 'retain-since-create-time': 'disabled' },
      'config-unknown': { any: 'thing' },
    });
    const names = { Name: 'n', Namespace: 'ns', Domain: 'd.test', Labels: {}, Annotations: {} };
    expect(config.network.domainTemplate.render(names)).toBe('n-ns.d.test');
    expect(config.network.externalDomainTLS).toBe(true);
    expect(config.defaults.resources.requests).toEqual({ cpu: '100m' });
    expect(config.defaults.enableServiceLinks).toBeUndefined();
    expect(config.features['multi-container']).toBe('Disabled');
    expect(config.features['secure-pod-defaults']).toBe('Disabled');
    expect(config.gc.maxNonActiveRevisions).toBeUndefined();
    expect(config.gc.retainSinceCreateTimeMs).toBeUndefined();
  });

  it.each([
    ['config-defaults', 'revision-timeout-seconds', '601', 'must be within [0, 600]'],
    ['config-network', 'domain-template', '{{if}}', 'must be a template'],
    ['config-domain', 'example.com', '{', 'must be YAML'],
    ['config-gc', 'min-non-active-revisions', '-1', 'must be at least 0'],
    ['config-autoscaler', 'stable-window', '2s', 'must be within'],
  ])('refuses %s %s = %s', (map, key, value, complaint) => {
    const parse = (): unknown => parseServingConfig({ [map]: { [key]: value } });
    expect(parse).toThrow(`${map}: ${key} = ${value}, `);
    expect(parse).toThrow(complaint);
  });
});

it('refuses a greatest timeout below the usual one', () => {
  const parse = (): unknown => parseServingConfig({ 'config-defaults': { 'max-revision-timeout-seconds': '100' } });
  expect(parse).toThrow('config-defaults: revision-timeout-seconds = 300, must be within [0, 100]');
});

describe('domainFor', () => {
  const config = parseServingConfig({
    'config-domain': {
      'example.com': '',
      'b.example.com': 'selector:\n  app: web\n',
      'a.example.com': 'selector:\n  tier: front\n',
      'prod.example.com': 'selector:\n  app: web\n  tier: front\n',
      _example: 'selector: nonsense',
    },
  });

  it.each([
    [{}, 'example.com'],
    [{ app: 'web' }, 'b.example.com'],
    [{ app: 'web', tier: 'front' }, 'prod.example.com'],
    [{ app: 'web', 'networking.knative.dev/visibility': 'cluster-local' }, 'svc.cluster.local'],
    [{ 'networking.knative.dev/visibility': 'other' }, 'example.com'],
  ])('finds for labels %j the domain %s', (labels, domain) => {
    expect(domainFor(config, labels)).toBe(domain);
  });

  it('takes the first by name of selectors as long', () => {
    const twice = parseServingConfig({ 'config-domain': { z: 'selector: {a: b}', y: 'selector: {a: b}', x: '' } });
    expect(domainFor(twice, { a: 'b' })).toBe('y');
  });

  it('keeps routes inside the cluster where no default domain is configured', () => {
    expect(domainFor(defaultServingConfig, { app: 'web' })).toBe('svc.cluster.local');
    expect(domainFor(defaultServingConfig)).toBe('svc.cluster.local');
  });
});
