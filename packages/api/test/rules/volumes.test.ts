import { describe } from 'vitest';
import { type Rule, checkRules, features, first, flags, lines, pod, withContainer, withContainers } from './rules.ts';

const mounts = (list: string, volume = 'emptyDir: {}'): unknown =>
  withContainer(`volumeMounts: [${list}]`, `volumes: [{ name: v, ${volume} }]`);
const mount = `${first}.volumeMounts[0]`;
const propagation = 'kubernetes.podspec-volumes-mount-propagation';
const propagated = mounts('{ name: v, mountPath: /v, mountPropagation: HostToContainer }');
const claims = features('kubernetes.podspec-persistent-volume-claim');

describe('7.7 volume mounts', () => {
  checkRules([
    [
      'what is allowed',
      mounts('{ name: v, mountPath: /v, readOnly: true, subPath: p }, { name: v, mountPath: /w }'),
      'admitted',
    ],
    [
      'no volume of that name',
      withContainer('volumeMounts: [{ name: v, mountPath: /v }]'),
      `volumeMount has no matching volume: ${mount}.name`,
    ],
    [
      'no volume of that name, for an init container, whose mounts nothing makes read only',
      withContainers('{ image: a1 }', 'initContainers: [{ image: b1, volumeMounts: [{ name: v, mountPath: /v }] }]'),
      lines(
        `volume mount should be readOnly for this type of volume: ${mount}.readOnly`,
        `volumeMount has no matching volume: ${mount}.name`,
      ),
      features('kubernetes.podspec-init-containers'),
    ],
    ['no path', mounts('{ name: v }'), `missing field(s): ${mount}.mountPath`],
    ...['/', '//', '/dev', '/dev/', '/dev/log', '/a/../dev/log'].map((path): Rule => {
      const clean = path.includes('log') ? '/dev/log' : path.includes('dev') ? '/dev' : '/';
      return [
        path,
        mounts(`{ name: v, mountPath: ${path} }`),
        `mountPath "${clean}" is a reserved path: ${mount}.mountPath`,
      ];
    }),
    ['a relative path', mounts('{ name: v, mountPath: a/b }'), `invalid value: a/b: ${mount}.mountPath`],
    [
      'a path twice',
      mounts('{ name: v, mountPath: /a }, { name: v, mountPath: /b/../a/ }'),
      `invalid value: "/b/../a/" must be unique: ${first}.volumeMounts[1].mountPath`,
    ],
    [
      'a claim that is read only, mounted for writing',
      mounts('{ name: v, mountPath: /v }', 'persistentVolumeClaim: { claimName: c, readOnly: true }'),
      `volume is readOnly but volume mount is not: ${mount}.readOnly`,
      claims,
    ],
    [
      'a claim that is read only, mounted so',
      mounts('{ name: v, mountPath: /v, readOnly: true }', 'persistentVolumeClaim: { claimName: c, readOnly: true }'),
      'admitted',
      claims,
    ],
    [
      'propagation without its flag',
      propagated,
      lines(
        'Volume Mount Propagation support is disabled, but found volume mount v with mount propagation: ',
        `must not set the field(s): ${mount}.mountPropagation`,
      ),
    ],
    [
      'propagation with its flag only allowed',
      propagated,
      'Volume Mount Propagation support is disabled, but found volume mount v with mount propagation: ',
      flags('Allowed', propagation),
    ],
    ['propagation with its flag', propagated, 'admitted', features(propagation)],
    [
      'propagation both ways',
      mounts('{ name: v, mountPath: /v, mountPropagation: Bidirectional }'),
      `mount propagation should be set to None or HostToContainer: ${mount}.mountPropagation`,
      features(propagation),
    ],
  ]);
});

const at = `${pod}.volumes[0]`;
const mounted = 'volumeMounts: [{ name: v, mountPath: /v, readOnly: true }]';
const volume = (source: string): unknown => withContainer(mounted, `volumes: [{ name: v, ${source} }]`);
const plain = `${at}.configMap, ${at}.emptyDir`;

/** A source, its flag, its kind as told, and a volume. */
const flagged: readonly (readonly [source: string, flag: string, kind: string, volume: string])[] = [
  ['emptyDir', 'emptydir', 'EmptyDir', '{}'],
  ['hostPath', 'hostpath', 'HostPath', '{ path: /x }'],
  ['csi', 'csi', 'CSI', '{ driver: d }'],
  ['ephemeral', 'ephemeral', 'Ephemeral', '{ volumeClaimTemplate: { spec: {} } }'],
  ['image', 'image', 'Image', '{ reference: files }'],
];

describe('7.8 volumes', () => {
  checkRules([
    ...['secret: { secretName: s }', 'configMap: { name: c }', 'projected: { sources: [] }', 'emptyDir: {}'].map(
      (source): Rule => [source, volume(source), 'admitted'],
    ),
    [
      'no name',
      withContainer(
        'volumeMounts: [{ name: "", mountPath: /v, readOnly: true }]',
        'volumes: [{ name: "", secret: { secretName: s } }]',
      ),
      `missing field(s): ${at}.name`,
    ],
    [
      'no name, and nobody mounts it',
      withContainers('{ image: a1 }', 'volumes: [{ secret: { secretName: s } }]'),
      lines(`missing field(s): ${at}.name`, `volume with name "" not mounted: ${at}.name`),
    ],
    [
      'a name that is no label',
      withContainer(
        'volumeMounts: [{ name: a.b, mountPath: /v, readOnly: true }]',
        'volumes: [{ name: a.b, secret: { secretName: s } }]',
      ),
      `invalid value: a.b: ${at}.name`,
    ],
    [
      'a name twice',
      withContainer(
        mounted,
        'volumes: [{ name: v, secret: { secretName: s } }, { name: v, secret: { secretName: s } }]',
      ),
      `duplicate volume name "v": ${pod}.volumes[1].name`,
    ],
    [
      'one that nobody mounts',
      withContainers('{ image: a1 }', 'volumes: [{ name: v, secret: { secretName: s } }]'),
      `volume with name "v" not mounted: ${at}.name`,
    ],
    [
      'one that only an init container mounts',
      withContainers(
        '{ image: a1 }',
        `volumes: [{ name: v, emptyDir: {} }], initContainers: [{ image: b1, ${mounted} }]`,
      ),
      'admitted',
      features('kubernetes.podspec-init-containers'),
    ],
    [
      'no source',
      withContainer(mounted, 'volumes: [{ name: v }]'),
      `expected exactly one, got neither: ${plain}, ${at}.projected, ${at}.secret`,
    ],
    [
      'no source, with more flags',
      withContainer(mounted, 'volumes: [{ name: v }]'),
      `expected exactly one, got neither: ${plain}, ${at}.hostPath, ${at}.projected, ${at}.secret`,
      features('kubernetes.podspec-volumes-hostpath'),
    ],
    [
      'two sources',
      volume('secret: { secretName: s }, emptyDir: {}'),
      `expected exactly one, got both: ${at}.emptyDir, ${at}.secret`,
    ],
    [
      'another source',
      volume('secret: { secretName: s }, nfs: { server: a, path: /b }'),
      `must not set the field(s): ${at}.nfs`,
    ],
    ...flagged.flatMap(([source, flag, kind, value]): Rule[] => {
      const name = `kubernetes.podspec-volumes-${flag}`;
      const disabled = `${kind} volume support is disabled, but found ${kind} volume v: `;
      const refused = `must not set the field(s): ${at}.${source}`;
      const object = volume(`${source}: ${value}`);
      return [
        [`${source}, disabled`, object, [disabled, refused].sort().join('\n'), flags('Disabled', name)],
        [`${source}, allowed`, object, disabled, flags('Allowed', name)],
        [`${source}, enabled`, object, 'admitted', features(name)],
      ];
    }),
    [
      'a claim',
      volume('persistentVolumeClaim: { claimName: c }'),
      lines(
        'Persistent volume claim support is disabled, but found persistent volume claim c: ',
        'Persistent volume write support is disabled, but found persistent volume claim c that is not read-only: ',
        `must not set the field(s): ${at}.persistentVolumeClaim`,
      ),
    ],
    [
      'a claim, to write to',
      volume('persistentVolumeClaim: { claimName: c }'),
      'Persistent volume write support is disabled, but found persistent volume claim c that is not read-only: ',
      claims,
    ],
    [
      'a claim, to write to, with both flags',
      volume('persistentVolumeClaim: { claimName: c }'),
      'admitted',
      features('kubernetes.podspec-persistent-volume-claim', 'kubernetes.podspec-persistent-volume-write'),
    ],
    [
      'an entry without key and path',
      volume('configMap: { name: c, items: [{ key: a, path: b }, {}] }'),
      `missing field(s): ${at}.items[1].key, ${at}.items[1].path`,
    ],
    [
      'an entry of a Secret without a path',
      volume('secret: { secretName: s, items: [{ key: a }] }'),
      `missing field(s): ${at}.items[0].path`,
    ],
    ['another medium', volume('emptyDir: { medium: Disk }'), `invalid value: Disk: ${at}.emptyDir.medium`],
    ['memory, of a size', volume('emptyDir: { medium: Memory, sizeLimit: 64Mi }'), 'admitted'],
    ['a negative size', volume('emptyDir: { sizeLimit: "-1" }'), `invalid value: -1: ${at}.emptyDir.sizeLimit`],
    [
      'an image without a reference',
      volume('image: { pullPolicy: Often }'),
      lines(`invalid value: Often: ${at}.image.pullPolicy`, `missing field(s): ${at}.image.reference`),
      features('kubernetes.podspec-volumes-image'),
    ],
  ]);
});

const projected = (...sources: string[]): unknown => volume(`projected: { sources: [${sources.join(', ')}] }`);
const source = `${at}.projected[0]`;

describe('7.8 projected volumes', () => {
  checkRules([
    [
      'each kind of source',
      projected(
        '{ secret: { name: s, items: [{ key: a, path: b }] } }',
        '{ configMap: { name: c } }',
        '{ serviceAccountToken: { path: p, audience: a, expirationSeconds: 600 } }',
        '{ downwardAPI: { items: [{ path: p, fieldRef: { fieldPath: metadata.labels } }] } }',
      ),
      'admitted',
    ],
    [
      'nothing',
      projected('{}'),
      `expected exactly one, got neither: ${source}.configMap, ${source}.downwardAPI, ${source}.secret, ${source}.serviceAccountToken`,
    ],
    [
      'two at once',
      projected('{ secret: { name: s }, configMap: { name: c } }'),
      `expected exactly one, got both: ${source}.configMap, ${source}.secret`,
    ],
    [
      'names missing',
      projected('{ configMap: {} }', '{ secret: {} }'),
      `missing field(s): ${at}.projected[0].configMap.name, ${at}.projected[1].secret.name`,
    ],
    [
      'entries without key and path',
      projected('{ secret: { name: s, items: [{}] } }', '{ configMap: { name: c, items: [{ key: a }] } }'),
      `missing field(s): ${source}.secret.items[0].key, ${source}.secret.items[0].path, ${at}.projected[1].configMap.items[0].path`,
    ],
    [
      'a token without a path',
      projected('{ serviceAccountToken: { audience: a } }'),
      `missing field(s): ${source}.serviceAccountToken.path`,
    ],
    [
      'fields without path and reference',
      projected('{ downwardAPI: { items: [{}] } }'),
      lines(
        `expected exactly one, got neither: ${source}.downwardAPI.items[0].fieldRef, ${source}.downwardAPI.items[0].resourceFieldRef`,
        `missing field(s): ${source}.downwardAPI.items[0].path`,
      ),
    ],
    [
      'a field and a resource',
      projected(
        '{ downwardAPI: { items: [{ path: p, fieldRef: { fieldPath: a }, resourceFieldRef: { resource: limits.cpu } }] } }',
      ),
      `Within a single item, cannot set both: ${source}.downwardAPI.items[0].fieldRef, ${source}.downwardAPI.items[0].resourceFieldRef`,
    ],
  ]);
});
