import { describe, expect, it } from 'vitest';
import { emptyProfile } from './profile.ts';
import { type GroupSettings, readSettings } from './settings.ts';

const size = { cpu: 4, memory: 8 };
const read = (annotations: Record<string, string>): GroupSettings => readSettings(annotations, emptyProfile, size);
const full = (name: string): string => (name.includes('/') ? name : `k8s.aliyun.com/${name}`);

/** The annotations of pods in order of the list (serverless-node.md, section 3.2): what each makes of the call. */
const honoured: readonly (readonly [name: string, value: string, part: Partial<GroupSettings>])[] = [
  ['eci-vswitch', 'vsw-b, vsw-c', { fields: { vSwitchId: 'vsw-b,vsw-c' } }],
  ['eci-schedule-strategy', 'VSwitchRandom', { fields: { scheduleStrategy: 'VSwitchRandom' } }],
  ['eci-use-specs', '2-4Gi,ecs.c6.xlarge', { attempts: [{ cpu: 2, memory: 4 }, { instanceType: 'ecs.c6.xlarge' }] }],
  ['eci-instance-type', 'ecs.g7.xlarge', { attempts: [{ instanceType: 'ecs.g7.xlarge' }] }],
  ['eci-compute-category', 'economy,general', { fields: { computeCategory: ['economy', 'general'] } }],
  ['eci-gpu-driver-version', 'tesla=470.82.01', { fields: { gpuDriverVersion: 'tesla=470.82.01' } }],
  ['eci-cpu-option-core', '2', { fields: { cpuOptionsCore: 2 } }],
  ['eci-cpu-option-ht', '1', { fields: { cpuOptionsThreadsPerCore: 1 } }],
  ['eci-spot-strategy', 'SpotAsPriceGo', { attempts: [{ ...size, spotStrategy: 'SpotAsPriceGo' }] }],
  ['eci-fail-strategy', 'fail-over', { failStrategy: 'fail-over' }],
  ['eci-max-pending-minute', '30', { fields: { maxPendingMinute: 30 } }],
  ['eci-reschedule-enable', 'true', { failStrategy: 'fail-over' }],
  ['pod-fail-on-create-err', 'true', { failStrategy: 'fail-fast' }],
  ['eci-auto-imc', 'false', { fields: { autoMatchImageCache: false } }],
  ['eci-imc-id', 'imc-1', { fields: { imageSnapshotId: 'imc-1' } }],
  ['eci-image-cache', 'true', { fields: { autoMatchImageCache: true } }],
  ['eci-image-snapshot-id', 'imc-1', { fields: { imageSnapshotId: 'imc-1' } }],
  ['image-accelerate-mode', 'nydus', { fields: { imageAccelerateMode: 'nydus' } }],
  ['acr-instance-ids', 'cri-1', { fields: { acrRegistryInfo: [{ instanceId: 'cri-1' }] } }],
  ['plain-http-registry', 'a.b,c.d', { fields: { plainHttpRegistry: 'a.b,c.d' } }],
  ['insecure-registry', 'a.b', { fields: { insecureRegistry: 'a.b' } }],
  ['eci-security-group', 'sg-1,sg-2', { fields: { securityGroupId: 'sg-1,sg-2' } }],
  ['eci-with-eip', 'true', { fields: { autoCreateEip: true } }],
  ['eci-eip-instanceid', 'eip-1', { fields: { eipInstanceId: 'eip-1' } }],
  ['eip-bandwidth', '5', { fields: { eipBandwidth: 5 } }],
  ['eip-isp', 'BGP', { fields: { eipISP: 'BGP' } }],
  ['eip-common-bandwidth-package-id', 'cbwp-1', { fields: { eipCommonBandwidthPackage: 'cbwp-1' } }],
  ['eci-enable-ipv6', 'true', { fields: { ipv6AddressCount: 1 } }],
  ['eci-ipv6-bandwidth-enable', 'true', { fields: { ipv6GatewayBandwidthEnable: true } }],
  ['eci-ipv6-bandwidth', '100M', { fields: { ipv6GatewayBandwidth: '100' } }],
  ['eci-private-ip-address', '10.0.0.9', { fields: { privateIpAddress: '10.0.0.9' } }],
  ['eci-fixed-ip', 'true', { fields: { fixedIp: 'true' } }],
  ['eci-fixed-ip-retain-hour', '24', { fields: { fixedIpRetainHour: 24 } }],
  ['kubernetes.io/ingress-bandwidth', '8M', { fields: { ingressBandwidth: 1_000_000 } }],
  ['kubernetes.io/egress-bandwidth', '8M', { fields: { egressBandwidth: 1_000_000 } }],
  ['eci-extra-ephemeral-storage', '50Gi', { fields: { ephemeralStorage: 50 } }],
  ['eci-data-cache-bucket', 'default', { fields: { dataCacheBucket: 'default' } }],
  ['eci-data-cache-pl', 'PL1', { fields: { dataCachePL: 'PL1' } }],
  ['eci-data-cache-provisioned-iops', '100', { fields: { dataCacheProvisionedIops: 100 } }],
  ['eci-data-cache-bursting-enabled', 'true', { fields: { dataCacheBurstingEnabled: true } }],
  ['eci-ram-role-name', 'role', { fields: { ramRoleName: 'role' } }],
  ['eci-resource-group-id', 'rg-1', { fields: { resourceGroupId: 'rg-1' } }],
  ['eci-custom-tags', 'team:shop', { fields: { tag: [{ key: 'team', value: 'shop' }] } }],
  ['eci-ntp-server', '10.0.0.1', { fields: { ntpServer: ['10.0.0.1'] } }],
  ['eci-core-pattern', '/tmp/core.%p', { fields: { corePattern: '/tmp/core.%p' } }],
];

/** Those that only count beside another. */
const beside: readonly (readonly [name: string, value: string, other: Record<string, string>, part: object])[] = [
  [
    'eci-spot-price-limit',
    '0.5',
    { 'eci-spot-strategy': 'SpotWithPriceLimit' },
    { attempts: [{ spotPriceLimit: 0.5 }] },
  ],
  ['eci-spot-duration', '0', { 'eci-spot-strategy': 'SpotAsPriceGo' }, { attempts: [{ spotDuration: 0 }] }],
  ['eci-spot-fallback', 'true', { 'eci-spot-strategy': 'SpotAsPriceGo' }, { attempts: [{ ...size }, size] }],
  ['eci-spot-release-strategy', 'api-evict', { 'eci-spot-strategy': 'SpotAsPriceGo' }, { attempts: [{ ...size }] }],
  [
    'acr-service-arns',
    'arn-1',
    { 'acr-instance-ids': 'cri-1' },
    { fields: { acrRegistryInfo: [{ arnService: 'arn-1' }] } },
  ],
  ['acr-user-arns', 'arn-1', { 'acr-instance-ids': 'cri-1' }, { fields: { acrRegistryInfo: [{ arnUser: 'arn-1' }] } }],
];

const ignored = `eci-instance-family eci-instance-generation eci-privatepool-matchcriteria eci-privatepool-id eci-eviction-enable
  imc-perfect-match imc-match-count-request eip-internet-charge-type eip-public-ip-address-pool-id eci-custom-dnsconfig
  eci-custom-hosts eci-kube-proxy-enabled eci-ephemeral-storage-options eci-set-diskvolume eci-sls-enable eci-made-up`;

const writtenBack = `eci-instance-id eci-request-id eci-instance-spec eci-instance-compute-category eci-vpc eni-instance-id
  allocated-eipAddress allocated-eipInstanceId allocated-ipv6Address eci-matched-image-cache eci-created-by-template`;

describe("ECI's annotations", () => {
  it.each(honoured)('%s: %s is honoured', (name, value, part) => {
    expect(read({ [full(name)]: value })).toMatchObject({ ...part, ignored: [] });
  });

  it.each(beside)('%s: %s is honoured beside another', (name, value, other, part) => {
    const all = Object.entries({ ...other, [name]: value }).map(([key, text]) => [full(key), text]);
    expect(read(Object.fromEntries(all) as Record<string, string>)).toMatchObject({ ...part, ignored: [] });
  });

  it.each(ignored.split(/\s+/))('%s is ignored, which is told', (name) => {
    expect(read({ [full(name)]: 'x' }).ignored).toEqual([full(name)]);
  });

  it.each(writtenBack.split(/\s+/))('%s is ours to write, and nobody’s to ask by', (name) => {
    expect(read({ [full(name)]: 'x' })).toEqual(read({}));
  });

  it('of others are none of ours', () => {
    expect(read({ 'example.com/eci-vswitch': 'vsw-1' })).toEqual(read({}));
  });
});
