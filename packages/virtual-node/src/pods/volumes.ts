import { type Pod, type Volume, parseQuantity } from '@ebb/api';
import type { GroupVolume } from '../eci/eci.ts';
import { configFiles, filesMode } from './config-files.ts';
import type { Lookup } from './lookup.ts';
import { MissingReference, Unsupported } from './missing.ts';
import { claimVolume, ephemeralClaim, storageVolume } from './storage-volumes.ts';
import type { VolumeSources } from './volume-sources.ts';

/**
 * A pod's volumes as ECI knows them: ConfigMap, Secret, downward and projected ones become files, emptyDir stays, claims become
 * what their volume is (serverless-node.md, sections 1.4 and 2.2). Throws `MissingReference` and `Unsupported`.
 */
export function groupVolumes(pod: Pod, lookup: Lookup): GroupVolume[] {
  const volumes = (pod.spec.volumes ?? []).map((volume) => groupVolume(volume, pod, lookup));
  checkSize(volumes);
  return volumes;
}

/** Files travel in the head of a call, in Base64: a server reads no longer one (serverless-node.md, section 2.1). */
const maxContent = 900_000;

function checkSize(volumes: readonly GroupVolume[]): void {
  const sizes = volumes.map(({ name = '', configFileVolume }) => {
    const files = configFileVolume?.configFileToPath ?? [];
    return { name, size: files.reduce((sum, { content = '' }) => sum + content.length, 0) };
  });
  const total = sizes.reduce((sum, { size }) => sum + size, 0);
  if (total <= maxContent) return;
  const largest = sizes.reduce((most, each) => (each.size > most.size ? each : most));
  throw new Unsupported(
    `spec.volumes[${JSON.stringify(largest.name)}] cannot be had on a virtual node: the files of the pod's volumes are ` +
      `${total} bytes in Base64, ${largest.size} of them here; a call to ECI carries at most ${maxContent}`,
  );
}

/**
 * Those volumes of a pod that are files, which may change while it runs. One that lacks something now is left out: it keeps what
 * it has, as with a kubelet.
 */
export function fileVolumes(pod: Pod, lookup: Lookup): GroupVolume[] {
  return (pod.spec.volumes ?? []).flatMap((volume) => {
    try {
      const files = filesVolume(volume, pod, lookup);
      return files ? [files] : [];
    } catch (error) {
      if (error instanceof MissingReference) return [];
      throw error;
    }
  });
}

function groupVolume(volume: Volume, pod: Pod, lookup: Lookup): GroupVolume {
  const { name } = volume;
  const { emptyDir, nfs, flexVolume: flex, csi, persistentVolumeClaim: claim, ephemeral } = volume as VolumeSources;
  const files = filesVolume(volume, pod, lookup);
  if (files) return files;
  if (emptyDir) return { name, type: 'EmptyDirVolume', emptyDirVolume: emptyDirOf(emptyDir) };
  if (nfs ?? flex ?? csi) return storageVolume(name, volume as VolumeSources, lookup);
  if (claim) return claimVolume(name, claim, { pod, lookup });
  // Its claim is made by the cluster, and named after both.
  if (ephemeral) return claimVolume(name, { claimName: ephemeralClaim(pod, name) }, { pod, lookup });
  const kind = Object.keys(volume).find((key) => key !== 'name') ?? 'unknown';
  throw new Unsupported(`spec.volumes[${JSON.stringify(name)}].${kind}: this node has no ${kind} volumes`);
}

function filesVolume(volume: Volume, pod: Pod, lookup: Lookup): GroupVolume | undefined {
  const { name } = volume;
  try {
    const files = configFiles(volume as VolumeSources, pod, lookup);
    if (!files) return undefined;
    // For files that come later, should ECI look at no modes in an update, whose SDK knows none.
    const mode = filesMode(volume as VolumeSources);
    const configFileVolume = { configFileToPath: [...files], ...(mode === undefined ? {} : { defaultMode: mode }) };
    return { name, type: 'ConfigFileVolume', configFileVolume };
  } catch (error) {
    if (!(error instanceof MissingReference)) throw error;
    throw new MissingReference(`MountVolume.SetUp failed for volume "${name}" : ${error.message}`);
  }
}

/** A size as ECI reads it: `Ki`, `Mi`, `Gi`, `Ti` or bare bytes. */
function emptyDirOf({ medium, sizeLimit }: NonNullable<VolumeSources['emptyDir']>): {
  medium?: string;
  sizeLimit?: string;
} {
  const bytes = sizeLimit === undefined ? 0 : Math.ceil(parseQuantity(String(sizeLimit)));
  return { ...(medium ? { medium } : {}), ...(bytes > 0 ? { sizeLimit: sizeText(bytes) } : {}) };
}

function sizeText(bytes: number): string {
  return bytes % 2 ** 20 === 0 ? `${bytes / 2 ** 20}Mi` : String(bytes);
}
