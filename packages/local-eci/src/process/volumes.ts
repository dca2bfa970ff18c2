import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { ContainerSpec, GroupSpec } from '../model.ts';

/**
 * Lays a group's volumes out below its own folder: the files of config volumes, and an empty folder for any other type.
 * Throws if the disk refuses.
 */
export function layOutVolumes({ volumes }: GroupSpec, groupFolder: string): void {
  for (const { name, files } of volumes) {
    const volume = volumeFolder(groupFolder, name);
    mkdirSync(volume, { recursive: true, mode: 0o700 });
    for (const { path, mode, content } of files) {
      const file = join(volume, path);
      if (relative(volume, file).startsWith('..')) throw new Error(`${path} is not below its volume`);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, Buffer.from(content, 'base64'), { mode });
    }
  }
}

/**
 * Where a container's mounts really are, in the order of its `volumeMounts`. A process sees the machine's own files, so
 * nothing is mounted at `mountPath`; the app is told these paths instead, as `EBB_MOUNT_1`, `EBB_MOUNT_2`…
 */
export function mountFolders({ volumeMounts }: ContainerSpec, groupFolder: string): string[] {
  return volumeMounts.map(({ name, subPath }) => join(volumeFolder(groupFolder, name), subPath ?? ''));
}

const volumeFolder = (groupFolder: string, name: string): string => join(groupFolder, 'volumes', name);
