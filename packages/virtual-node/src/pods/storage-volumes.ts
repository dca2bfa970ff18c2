import type { Pod } from '@ebb/api';
import type { GroupVolume } from '../eci/eci.ts';
import type { Lookup } from './lookup.ts';
import { MissingReference, Unsupported } from './missing.ts';
import {
  type CsiVolume,
  type FlexVolume,
  type PersistentVolumeSource,
  type VolumeSources,
  mountSecret,
} from './volume-sources.ts';

/**
 * A claim's volume. Where claims are local, one that nothing is bound to is a folder of the local ECI's machine, by its name.
 * Throws `MissingReference` while it is not bound.
 */
export function claimVolume(
  name: string,
  { claimName }: NonNullable<VolumeSources['persistentVolumeClaim']>,
  { pod, lookup }: { readonly pod: Pod; readonly lookup: Lookup },
): GroupVolume {
  const claim = lookup.claim(claimName);
  if (!claim) throw new MissingReference(`persistentvolumeclaim "${claimName}" not found`);
  const { volumeName } = claim.spec ?? {};
  if (!volumeName && lookup.claimsAreLocal) {
    return nfsVolume(name, { server: 'local', path: `/${pod.metadata.namespace ?? ''}/${claimName}` });
  }
  const source = volumeName ? lookup.persistentVolume(volumeName) : undefined;
  if (!source) throw new MissingReference(`persistentvolumeclaim "${claimName}" not bound`);
  return storageVolume(name, source, lookup);
}

/** The claim of a volume that is made with its pod (`ephemeral`), by the name Kubernetes gives it. */
export function ephemeralClaim({ metadata }: Pod, volume: string): string {
  return `${metadata.name ?? ''}-${volume}`;
}

/** A volume that lies elsewhere. Throws `MissingReference` while the Secret it is mounted with is not there. */
export function storageVolume(name: string, source: PersistentVolumeSource, lookup: Lookup): GroupVolume {
  const { nfs, flexVolume: flex, csi } = source;
  if (nfs) return nfsVolume(name, nfs);
  const secrets = secretOptions(source, lookup);
  if (flex) return flexVolume(name, { ...flex, options: { ...flex.options, ...secrets } });
  if (csi) return csiVolume(name, csi, secrets);
  throw new Unsupported(`volume "${name}": its PersistentVolume is of a kind that no container group mounts`);
}

/** Keys to storage are options of the volume, as its driver names them: `akId`, `akSecret`. */
function secretOptions(source: PersistentVolumeSource, lookup: Lookup): Record<string, string> {
  const ref = mountSecret(source);
  if (!ref) return {};
  const secret = lookup.mountSecret(ref);
  if (!secret) throw new MissingReference(`secret "${ref.name}" not found`);
  const text = (value: string): string => Buffer.from(value, 'base64').toString('utf8');
  return Object.fromEntries(Object.entries(secret.data ?? {}).map(([key, value]) => [key, text(value)]));
}

function nfsVolume(name: string, { server, path, readOnly }: NonNullable<VolumeSources['nfs']>): GroupVolume {
  return { name, type: 'NFSVolume', NFSVolume: { server, path, ...(readOnly ? { readOnly } : {}) } };
}

/** Drivers `alicloud/disk`, `alicloud/nas` and `alicloud/oss` (serverless-node.md, section 2.2). */
function flexVolume(name: string, { driver, fsType, options = {} }: FlexVolume): GroupVolume {
  const text = JSON.stringify(options);
  return { name, type: 'FlexVolume', flexVolume: { driver, options: text, ...(fsType ? { fsType } : {}) } };
}

/** Alibaba Cloud's CSI drivers, by the attributes their volumes have; no other driver reaches a container group. */
function csiVolume(name: string, csi: CsiVolume, secrets: Readonly<Record<string, string>>): GroupVolume {
  const { driver, volumeHandle = '', fsType, volumeAttributes = {}, readOnly } = csi;
  const { server, path = '/', ...attributes } = volumeAttributes;
  switch (driver) {
    case 'nasplugin.csi.alibabacloud.com':
      if (server === undefined) throw new Unsupported(`volume "${name}": its volumeAttributes name no server`);
      return nfsVolume(name, { server, path, ...(readOnly ? { readOnly } : {}) });
    case 'diskplugin.csi.alibabacloud.com':
      return flexVolume(name, {
        driver: 'alicloud/disk',
        options: { volumeId: volumeHandle },
        ...(fsType ? { fsType } : {}),
      });
    case 'ossplugin.csi.alibabacloud.com':
      return flexVolume(name, { driver: 'alicloud/oss', options: { path, ...attributes, ...secrets } });
    default:
      throw new Unsupported(`volume "${name}": no container group mounts volumes of CSI driver ${driver}`);
  }
}
