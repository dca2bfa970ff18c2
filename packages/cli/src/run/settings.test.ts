import { describe, expect, it } from 'vitest';
import { type RunFlags, readSettings } from './settings.ts';

const keys = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'id', ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'secret' };
const flags = (more: Partial<RunFlags> = {}): RunFlags => ({ leaderElection: true, ...more });

describe('readSettings', () => {
  it('has a default for everything but the keys of ECI', () => {
    expect(readSettings(flags({ name: 'a' }), keys)).toEqual({
      components: ['controller', 'webhook', 'autoscaler', 'virtual-node', 'gateway'],
      name: 'a',
      host: '127.0.0.1',
      advertise: '127.0.0.1',
      ports: { gateway: 8080, private: 8081, health: 8086, stats: 8087, webhook: 8443, kubelet: 10_250 },
      webhookUrl: undefined,
      kubeletServing: undefined,
      leaderElection: true,
      workers: 0,
      drainMs: 0,
      graceMs: 300_000,
      nodeName: 'virtual-kubelet-cn-hangzhou-a',
      zone: 'cn-hangzhou-a',
      domain: undefined,
      localEci: undefined,
      logLevel: 'info',
      eci: {
        endpoint: 'eci.cn-hangzhou.aliyuncs.com',
        protocol: 'https',
        regionId: 'cn-hangzhou',
        accessKeyId: 'id',
        accessKeySecret: 'secret',
        securityToken: undefined,
        vSwitchId: undefined,
        securityGroupId: undefined,
      },
    });
  });

  it.each([
    [
      { ROLE_ARN: 'r', OIDC_PROVIDER_ARN: 'p', OIDC_TOKEN_FILE: '/t' },
      {
        type: 'oidc_role_arn',
        roleArn: 'r',
        oidcProviderArn: 'p',
        oidcTokenFilePath: '/t',
        roleSessionName: 'ebb',
      },
    ],
    [{ ECS_METADATA: 'role' }, { type: 'ecs_ram_role', roleName: 'role' }],
    [{ CREDENTIALS_URI: 'http://localhost/key' }, { type: 'credentials_uri', credentialsURI: 'http://localhost/key' }],
  ])('takes a source of keys where there is no key: %o', (said, credentialSource) => {
    const env = Object.fromEntries(Object.entries(said).map(([name, value]) => [`ALIBABA_CLOUD_${name}`, value]));
    expect(readSettings(flags(), env).eci).toMatchObject({ credentialSource });
    expect(readSettings(flags(), { ...env, ...keys }).eci).toMatchObject({ accessKeyId: 'id' });
  });

  it('takes a number of workers, but not without Leases', () => {
    expect(readSettings(flags({ workers: '3' }), keys).workers).toBe(3);
    expect(() => readSettings(flags({ workers: 'many' }), keys)).toThrow('--workers: "many" is not a number');
    expect(() => readSettings({ ...flags(), leaderElection: false }, { ...keys, EBB_WORKERS: '2' })).toThrow(
      'EBB_WORKERS: several gateways need Leases',
    );
  });

  it('takes a flag before the environment, and that before the default', () => {
    const env = {
      ...keys,
      EBB_PORT: '1',
      EBB_HOST: '0.0.0.0',
      POD_IP: '10.0.0.7',
      POD_NAME: 'gateway-x',
      EBB_ZONE: 'z',
    };
    expect(readSettings(flags({ port: '2' }), env)).toMatchObject({
      ports: { gateway: 2, private: 8081 },
      host: '0.0.0.0',
      advertise: '10.0.0.7',
      name: 'gateway-x',
      nodeName: 'virtual-kubelet-z',
      drainMs: 15_000,
    });
  });

  it('needs no keys where no virtual node runs, or one on this machine', () => {
    expect(readSettings(flags({ components: 'gateway, webhook' }), {})).toMatchObject({
      components: ['webhook', 'gateway'],
      eci: undefined,
    });
    expect(readSettings(flags({ localEci: 'container' }), {}).localEci).toBe('container');
    expect(readSettings(flags({ localEci: true }), {})).toMatchObject({
      eci: undefined,
      localEci: 'process',
      nodeName: 'virtual-kubelet-local-a',
    });
  });

  it.each([
    ['http://127.0.0.1:9000', { protocol: 'http', endpoint: '127.0.0.1:9000' }],
    ['https://eci.example', { protocol: 'https', endpoint: 'eci.example' }],
    ['eci.example:443/', { protocol: 'https', endpoint: 'eci.example:443' }],
  ])('reads the endpoint %s', (eciEndpoint, eci) => {
    expect(readSettings(flags({ eciEndpoint }), keys)).toMatchObject({ eci });
  });

  it.each<[Partial<RunFlags>, Record<string, string>, string]>([
    [{ components: 'gateway,brain' }, {}, '--components: "brain" is not a component; there are controller, webhook'],
    [{}, { EBB_COMPONENTS: '', ...keys, EBB_PORT: 'eighty' }, 'EBB_PORT: "eighty" is not a port'],
    [{ port: '65536' }, keys, '--port: "65536" is not a port'],
    [{ drainSeconds: '-1' }, keys, '--drain-seconds: "-1" is not a whole number of seconds'],
    [{ logLevel: 'loud' }, keys, '--log-level: "loud" is not one of debug, info, warn, error'],
    [{ name: 'A b' }, keys, '--name: "A b" is no name'],
    [{ host: '0.0.0.0' }, keys, 'say with --advertise or POD_IP'],
    [{ localEci: 'podman' }, keys, '--local-eci: "podman" is not known'],
    [{ eciEndpoint: 'http://' }, keys, '--eci-endpoint: "http://" is not a host'],
    [{}, {}, 'needs ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET'],
  ])('refuses %j with %j', (more, env, message) => {
    expect(() => readSettings(flags(more), env)).toThrow(message);
  });
});
