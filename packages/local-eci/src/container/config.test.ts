import { describe, expect, it } from 'vitest';
import { makeSpec } from '../../test/runtime-contract.ts';
import { containerConfig, sandboxConfig } from './config.ts';

const place = {
  sandboxId: 'sandbox',
  ip: '10.0.0.7',
  traits: { hasOwnHostName: false },
  imageUser: '65532:65532',
  labels: {},
  mounts: [],
};

/** The configuration of a container of a group, as far as it matters here. */
function config(
  container: Parameters<typeof makeSpec>[0] = {},
  group: Parameters<typeof makeSpec>[1] = {},
): Record<string, unknown> & { HostConfig: Record<string, unknown> } {
  const spec = makeSpec(container, group);
  const [first] = spec.containers;
  if (!first) throw new Error('no container');
  return containerConfig(first, spec, place) as ReturnType<typeof config>;
}

describe('the configuration of a container', () => {
  it('leaves to the image what the group does not say', () => {
    const plain = config();
    for (const field of ['Entrypoint', 'Cmd', 'User', 'WorkingDir', 'Hostname'])
      expect(plain).not.toHaveProperty(field);
    expect(plain).toMatchObject({ Tty: false, OpenStdin: false, HostConfig: { NetworkMode: 'container:sandbox' } });
  });

  it.each([
    [
      { command: ['a'], args: [] },
      { Entrypoint: ['a'], Cmd: [] },
    ],
    [
      { command: ['a', '$(B)'], args: ['c'] },
      { Entrypoint: ['a', 'x'], Cmd: ['c'] },
    ],
    [{ command: [], args: ['$(B)', '$$(B)', '$(C)'] }, { Cmd: ['x', '$(B)', '$(C)'] }],
  ])('runs %j', (words, expected) => {
    expect(config({ ...words, env: [{ key: 'B', value: 'x' }] })).toMatchObject(expected);
  });

  it.each([
    [{ runAsUser: 2020 }, '2020'],
    [{ runAsUser: 2020, runAsGroup: 3030 }, '2020:3030'],
    [{ runAsGroup: 3030 }, '65532:3030'],
  ])('runs as %j', (security, user) => {
    expect(config({ security })).toMatchObject({ User: user });
  });

  it.each([
    ['its own figures', { cpu: 0.5, memory: 0.25 }, {}, { CpuQuota: 50_000, CpuShares: 512, Memory: 2 ** 28 }],
    [
      'the group’s, where it has none',
      {},
      { cpu: 2, memory: 4 },
      { CpuQuota: 200_000, CpuShares: 2048, Memory: 2 ** 32 },
    ],
    [
      'the smallest instance’s, where the group asked for less',
      {},
      { cpu: 0.01, memory: 0.06 },
      { CpuQuota: 25_000, Memory: 2 ** 29 },
    ],
    [
      'its share by what was requested',
      { cpu: 1, memory: 1 },
      { tags: [{ key: 'ebb.dev/cpu-requests', value: '{"web":0.125}' }] },
      { CpuQuota: 100_000, CpuShares: 128 },
    ],
    [
      'no share by a tag that is another’s',
      { cpu: 1 },
      { tags: [{ key: 'ebb.dev/cpu-requests', value: '[' }] },
      { CpuShares: 1024 },
    ],
  ])('gets %s', (_what, container, group, limits) => {
    expect(config(container, group).HostConfig).toMatchObject(limits);
  });

  it('knows its address and its host’s name', () => {
    const env = [{ key: 'IP', value: '', fieldPath: 'status.podIP' as const }];
    const { Env } = config({ env }, { labels: { HostName: 'my-pod' } });
    expect(Env).toEqual(['HOSTNAME=my-pod', 'IP=10.0.0.7']);
  });

  it.each([
    [undefined, ['10.0.0.1', '10.9.9.9'], ['svc.cluster.local', 'x.y'], ['ndots:3']],
    ['None' as const, ['10.9.9.9'], ['x.y'], ['ndots:3']],
  ])('asks for names as the group says: with policy %s', (policy, Dns, DnsSearch, DnsOptions) => {
    const dns = { nameServers: ['10.9.9.9'], searches: ['x.y'], options: [{ name: 'ndots', value: '3' }] };
    const names = { address: '10.0.0.1', searches: ['svc.cluster.local'] };
    const spec = makeSpec(
      {},
      {
        dns: { policy: policy ?? 'ClusterFirst', ...dns },
        hostAliases: [{ ip: '10.0.0.9', hostNames: ['foo.local', 'bar.local'] }],
        sysctls: [{ name: 'net.core.somaxconn', value: '99' }],
      },
    );
    expect(sandboxConfig(spec, { network: 'n', labels: {}, mounts: [], names })).toMatchObject({
      HostConfig: {
        Dns,
        DnsSearch,
        DnsOptions,
        ExtraHosts: ['foo.local:10.0.0.9', 'bar.local:10.0.0.9'],
        Sysctls: { 'net.core.somaxconn': '99' },
      },
    });
  });

  it('has a host name no longer than one may be', () => {
    const { Hostname } = sandboxConfig(makeSpec({}, { name: `${'a'.repeat(62)}-bcd` }), {
      network: 'n',
      labels: {},
      mounts: [],
    }) as {
      Hostname: string;
    };
    expect(Hostname).toBe('a'.repeat(62));
  });
});
