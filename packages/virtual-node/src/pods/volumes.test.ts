import type { Pod } from '@ebb/api';
import { describe, expect, it } from 'vitest';
import { emptyLookup } from '../../test/empty-lookup.ts';
import type { Lookup } from './lookup.ts';
import { fileVolumes, groupVolumes } from './volumes.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const pod = (volume: object): Pod => ({
  metadata: { name: 'p', namespace: 'shop', uid: 'u', labels: { team: 'blue' } },
  spec: {
    containers: [{ name: 'c', resources: { limits: { cpu: '250m' } } }],
    volumes: [{ name: 'v', ...volume }],
  },
});
const lookup: Lookup = {
  ...emptyLookup,
  configMap: (name) =>
    ({
      config: { metadata: { name }, data: { a: 'A', b: 'B' } },
      huge: { metadata: { name }, data: { a: 'x'.repeat(1_000_000) } },
    })[name],
  mountSecret: ({ name, namespace = 'shop' }) =>
    name === 'key' ? { metadata: {}, data: { akId: base64(`of ${namespace}`) } } : undefined,
  secret: (name) => (name === 'secret' ? { metadata: { name }, data: { a: base64('secret A') } } : undefined),
  token: ({ audience }) => (audience === 'nobody' ? undefined : `token for ${audience ?? 'the server'}`),
  claim: (name) =>
    ({
      nas: { metadata: {}, spec: { volumeName: 'pv-nas' } },
      disk: { metadata: {}, spec: { volumeName: 'pv-disk' } },
      oss: { metadata: {}, spec: { volumeName: 'pv-oss' } },
      'p-v': { metadata: {}, spec: { volumeName: 'pv-nas' } },
      unbound: { metadata: {}, spec: {} },
    })[name],
  persistentVolume: (name) =>
    ({
      'pv-nas': {
        csi: { driver: 'nasplugin.csi.alibabacloud.com', volumeAttributes: { server: 'nas.example', path: '/share' } },
      },
      'pv-oss': {
        csi: {
          driver: 'ossplugin.csi.alibabacloud.com',
          volumeAttributes: { bucket: 'b', url: 'u' },
          nodePublishSecretRef: { name: 'key', namespace: 'kube-system' },
        },
      },
      'pv-disk': { csi: { driver: 'diskplugin.csi.alibabacloud.com', volumeHandle: 'd-1', fsType: 'ext4' } },
    })[name],
};

/** The files of the volume, as `path mode text`. */
function files(volume: object): string[] {
  const [group] = groupVolumes(pod(volume), lookup);
  return (group?.configFileVolume?.configFileToPath ?? []).map(
    ({ path = '', mode = 0, content = '' }) =>
      `${path} ${mode.toString(8)} ${Buffer.from(content, 'base64').toString()}`,
  );
}

describe('volumes of files', () => {
  it.each([
    ['all keys of a ConfigMap', { configMap: { name: 'config' } }, ['a 644 A', 'b 644 B']],
    [
      'chosen keys with modes',
      {
        configMap: {
          name: 'config',
          defaultMode: 0o600,
          items: [
            { key: 'a', path: 'x/y', mode: 0o400 },
            { key: 'b', path: 'z' },
          ],
        },
      },
      ['x/y 400 A', 'z 600 B'],
    ],
    ['a Secret', { secret: { secretName: 'secret', defaultMode: 0o444 } }, ['a 444 secret A']],
    ['nothing of what may be missing', { secret: { secretName: 'other', optional: true } }, []],
    [
      'fields of the pod',
      {
        downwardAPI: {
          items: [
            { path: 'team', fieldRef: { fieldPath: "metadata.labels['team']" } },
            { path: 'cpu', resourceFieldRef: { containerName: 'c', resource: 'limits.cpu', divisor: '1m' } },
          ],
        },
      },
      ['team 644 blue', 'cpu 644 250'],
    ],
    [
      'projections, of which the last wins',
      {
        projected: {
          defaultMode: 0o444,
          sources: [
            { configMap: { name: 'config', items: [{ key: 'a', path: 'same' }] } },
            { secret: { name: 'secret', items: [{ key: 'a', path: 'same' }] } },
            { serviceAccountToken: { path: 'token', audience: 'shop' } },
          ],
        },
      },
      ['same 444 secret A', 'token 444 token for shop'],
    ],
  ])('hold %s', (_what, volume, expected) => {
    expect(files(volume)).toEqual(expected);
  });

  it('are brought up to date without those that lack something now', () => {
    const volumes = [
      { name: 'gone', secret: { secretName: 'other' } },
      { name: 'here', configMap: { name: 'config' } },
      { name: 'none', emptyDir: {} },
    ];
    const { metadata, spec } = pod({});
    expect(fileVolumes({ metadata, spec: { ...spec, volumes } }, lookup).map(({ name }) => name)).toEqual(['here']);
  });

  it('tell ECI the mode of files that may come later, unless it is its own default', () => {
    const modeOf = (defaultMode: number): number | undefined =>
      groupVolumes(pod({ configMap: { name: 'config', defaultMode } }), lookup)[0]?.configFileVolume?.defaultMode;
    expect([modeOf(0o440), modeOf(0o644)]).toEqual([0o440, undefined]);
  });

  it.each([
    [{ configMap: { name: 'other' } }, 'MountVolume.SetUp failed for volume "v" : configmap "other" not found'],
    [{ secret: { secretName: 'other' } }, 'MountVolume.SetUp failed for volume "v" : secret "other" not found'],
    [{ configMap: { name: 'config', items: [{ key: 'z', path: 'z' }] } }, 'references non-existent config key: z'],
    [{ projected: { sources: [{ serviceAccountToken: { path: 't', audience: 'nobody' } }] } }, 'failed to fetch token'],
    [{ persistentVolumeClaim: { claimName: 'other' } }, 'persistentvolumeclaim "other" not found'],
    [{ persistentVolumeClaim: { claimName: 'unbound' } }, 'persistentvolumeclaim "unbound" not bound'],
    [{ hostPath: { path: '/' } }, 'this node has no hostPath volumes'],
    [{ csi: { driver: 'other' } }, 'CSI driver other'],
    [{ csi: { driver: 'd', nodePublishSecretRef: { name: 'gone' } } }, 'secret "gone" not found'],
    [{ configMap: { name: 'huge' } }, 'spec.volumes["v"] cannot be had on a virtual node: the files'],
  ])('of %j say what is wrong', (volume, message) => {
    expect(() => groupVolumes(pod(volume), lookup)).toThrow(message);
  });
});

describe('volumes of storage', () => {
  it.each([
    [{ emptyDir: {} }, { type: 'EmptyDirVolume', emptyDirVolume: {} }],
    [
      { emptyDir: { medium: 'Memory', sizeLimit: '1Gi' } },
      { type: 'EmptyDirVolume', emptyDirVolume: { medium: 'Memory', sizeLimit: '1024Mi' } },
    ],
    [
      { nfs: { server: 's', path: '/p', readOnly: true } },
      { type: 'NFSVolume', NFSVolume: { server: 's', path: '/p', readOnly: true } },
    ],
    [
      { persistentVolumeClaim: { claimName: 'nas' } },
      { type: 'NFSVolume', NFSVolume: { server: 'nas.example', path: '/share' } },
    ],
    [
      { persistentVolumeClaim: { claimName: 'disk' } },
      { type: 'FlexVolume', flexVolume: { driver: 'alicloud/disk', options: '{"volumeId":"d-1"}', fsType: 'ext4' } },
    ],
    [
      { csi: { driver: 'ossplugin.csi.alibabacloud.com', volumeAttributes: { bucket: 'b', url: 'u' } } },
      { type: 'FlexVolume', flexVolume: { driver: 'alicloud/oss', options: '{"path":"/","bucket":"b","url":"u"}' } },
    ],
    [
      { persistentVolumeClaim: { claimName: 'oss' } },
      {
        type: 'FlexVolume',
        flexVolume: { driver: 'alicloud/oss', options: '{"path":"/","bucket":"b","url":"u","akId":"of kube-system"}' },
      },
    ],
    [
      { flexVolume: { driver: 'alicloud/oss', options: { bucket: 'b' }, secretRef: { name: 'key' } } },
      { type: 'FlexVolume', flexVolume: { driver: 'alicloud/oss', options: '{"bucket":"b","akId":"of shop"}' } },
    ],
    [{ ephemeral: {} }, { type: 'NFSVolume', NFSVolume: { server: 'nas.example', path: '/share' } }],
  ])('turn %j into what ECI mounts', (volume, expected) => {
    expect(groupVolumes(pod(volume), lookup)).toEqual([{ name: 'v', ...expected }]);
  });

  it('turn a claim that nothing is bound to into a folder, where the ECI is local', () => {
    const claim = { persistentVolumeClaim: { claimName: 'unbound' } };
    expect(groupVolumes(pod(claim), { ...lookup, claimsAreLocal: true })).toEqual([
      { name: 'v', type: 'NFSVolume', NFSVolume: { server: 'local', path: '/shop/unbound' } },
    ]);
  });
});
