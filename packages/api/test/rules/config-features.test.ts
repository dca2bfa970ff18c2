import { describe, expect, it } from 'vitest';
import { parseServingConfig } from '../../src/index.ts';
import { write } from './config-keys.ts';

describe('12 config-features', () => {
  const on = ['multi-container', 'kubernetes.podspec-volumes-emptydir'];
  const flagsOf = (data: Record<string, string>): Record<string, string> => ({
    ...parseServingConfig({ 'config-features': data }).features,
  });
  const off = [
    'autodetect-http2',
    'multi-container-probing',
    'queueproxy.mount-podinfo',
    'queueproxy.resource-defaults',
  ]
    .concat('secure-pod-defaults', 'tag-header-based-routing', 'kubernetes.containerspec-addcapabilities')
    .concat(
      ['affinity', 'dnsconfig', 'dnspolicy', 'fieldref', 'hostaliases', 'hostipc', 'hostnetwork', 'hostpid']
        .concat('init-containers', 'nodeselector', 'persistent-volume-claim', 'persistent-volume-write')
        .concat('priorityclassname', 'runtimeclassname', 'schedulername', 'securitycontext', 'shareprocessnamespace')
        .concat('tolerations', 'topologyspreadconstraints', 'volumes-csi', 'volumes-ephemeral', 'volumes-hostpath')
        .concat('volumes-image', 'volumes-mount-propagation')
        .map((name) => `kubernetes.podspec-${name}`),
    );

  it('has these flags, two of them on', () => {
    const all = [...on.map((name) => [name, 'Enabled']), ...off.map((name) => [name, 'Disabled'])];
    expect(flagsOf({})).toEqual(Object.fromEntries(all));
  });

  it.each([...on, ...off])('%s is read in any case, and keeps its default where it is no flag', (name) => {
    const byDefault = on.includes(name) ? 'Enabled' : 'Disabled';
    expect(flagsOf({ [name]: 'eNaBlEd' })[name]).toBe('Enabled');
    expect(flagsOf({ [name]: 'disabled' })[name]).toBe('Disabled');
    expect(flagsOf({ [name]: 'ALLOWED' })[name]).toBe(name === 'secure-pod-defaults' ? byDefault : 'Allowed');
    expect(flagsOf({ [name]: 'true' })[name]).toBe(byDefault);
    expect(write('config-features', { [name]: 'true' })).toBe('admitted');
  });

  it('knows a third way to secure pods', () => {
    expect(flagsOf({ 'secure-pod-defaults': 'allowrootbounded' })['secure-pod-defaults']).toBe('AllowRootBounded');
  });
});
