import { keys, parseServingConfig } from '@ebb/api';
import { describe, expect, it } from 'vitest';
import { routeOf } from '../../test/objects.ts';
import { DomainError, addressOf, clusterUrl } from './hosts.ts';

const config = (network: Record<string, string> = {}, domain: Record<string, string> = { localhost: '' }) =>
  parseServingConfig({ 'config-network': network, 'config-domain': domain });
const route = routeOf([]);
const local = ['hello.default', 'hello.default.svc', 'hello.default.svc.cluster.local'];

describe('the address of a group', () => {
  it('is public under the domain, and known by three names within the cluster', () => {
    expect(addressOf(route, { tag: '', hidden: false }, config())).toEqual({
      serviceName: 'hello',
      public: true,
      host: 'hello.default.localhost',
      localHosts: local,
      url: 'http://hello.default.localhost',
    });
    expect(clusterUrl(route)).toBe('http://hello.default.svc.cluster.local');
  });

  it.each([
    ['the tag template', { tag: 'v1' }, {}, 'http://v1-hello.default.localhost'],
    [
      'another tag template',
      { tag: 'v1' },
      { 'tag-template': '{{.Name}}-{{.Tag}}' },
      'http://hello-v1.default.localhost',
    ],
    [
      'another domain template',
      { tag: '' },
      { 'domain-template': '{{.Name}}-{{.Namespace}}.{{.Domain}}' },
      'http://hello-default.localhost',
    ],
    ['a port of the gateway', { tag: '' }, { 'ebb-external-port': '8080' }, 'http://hello.default.localhost:8080'],
    ['the usual port', { tag: '' }, { 'ebb-external-port': '80' }, 'http://hello.default.localhost'],
    ['another scheme', { tag: '' }, { 'default-external-scheme': 'https' }, 'https://hello.default.localhost'],
  ])('follows %s', (_what, { tag }, network, url) => {
    expect(addressOf(route, { tag, hidden: false }, config(network)).url).toBe(url);
  });

  it.each([
    ['its label', routeOf([], { labels: { [keys.visibility]: 'cluster-local' } }), false, { localhost: '' }],
    ['its placeholder', route, true, { localhost: '' }],
    ['the lack of a domain', route, false, {}],
  ])('stays within the cluster by %s', (_what, of, hidden, domain) => {
    const address = addressOf(of, { tag: '', hidden }, config({ 'ebb-external-port': '8080' }, domain));
    expect(address).toMatchObject({ public: false, host: local[2], url: `http://${local[2]}` });
  });

  it('is refused when it is no DNS name', () => {
    const bad = config({ 'domain-template': '{{.Name}}_x.{{.Domain}}' });
    expect(() => addressOf(route, { tag: '', hidden: false }, bad)).toThrow(DomainError);
    const long = routeOf([], { name: 'h'.repeat(64) });
    expect(() => addressOf(long, { tag: '', hidden: false }, config())).toThrow('labels up to 63 characters');
  });
});
