import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import type { ConfigFile, VolumeMountSpec, VolumeSpec } from '../model.ts';

/** Where volumes lie on this machine. */
export interface VolumeFolders {
  /** Of one group; goes with it. */
  readonly group: string;
  /** What stands in for storage that outlives groups. */
  readonly shares: string;
}

/** The link in a config volume that says which of its folders counts; a Kubernetes node's, and what apps watch. */
const dataLink = '..data';

/**
 * Lays volumes out: the files of config volumes, an empty folder for an emptyDir, a folder that stays for storage from
 * elsewhere. Throws if the disk refuses.
 */
export function layOutVolumes(volumes: readonly VolumeSpec[], folders: VolumeFolders): void {
  for (const volume of volumes) {
    const folder = volumeFolder(volume, folders);
    mkdirSync(folder, { recursive: true });
    if (volume.type === 'ConfigFileVolume') writeFiles(folder, volume.files);
    // Whoever a container runs as, it may write there.
    else chmodSync(folder, 0o777);
  }
}

/**
 * Gives config volumes new files, all of a volume's at once: readers see the old ones or the new ones. A file mounted by
 * `subPath` stays as it was, as in Kubernetes.
 */
export function updateVolumes(volumes: readonly VolumeSpec[], folders: VolumeFolders): void {
  for (const volume of volumes) {
    if (volume.type === 'ConfigFileVolume') writeFiles(volumeFolder(volume, folders), volume.files);
  }
}

/** Where a mount really leads. A `subPath` that is not there yet becomes a folder. Throws if it leads out of its volume. */
export function mountSource(
  { name, subPath }: VolumeMountSpec,
  volumes: readonly VolumeSpec[],
  folders: VolumeFolders,
): string {
  const volume = volumes.find((each) => each.name === name);
  if (!volume) throw new Error(`there is no volume ${name}`);
  const root = volumeFolder(volume, folders);
  if (subPath === undefined) return root;
  const path = join(root, subPath);
  if (!existsSync(path)) {
    mkdirSync(path, { recursive: true });
    chmodSync(path, 0o777);
  }
  const real = realpathSync(path);
  if (isBelow(real, realpathSync(root))) return real;
  throw new Error(`subPath ${subPath} leads out of volume ${name}`);
}

function volumeFolder({ name, share }: VolumeSpec, { group, shares }: VolumeFolders): string {
  if (share === undefined) return join(group, 'volumes', name);
  const digest = createHash('sha256').update(share).digest('hex').slice(0, 12);
  return join(shares, `${share.replaceAll(/[^\w.-]+/g, '-').slice(0, 80)}-${digest}`);
}

function writeFiles(volume: string, files: readonly ConfigFile[]): void {
  // Two dots before its name: no file of the volume.
  const fresh = mkdtempSync(`${volume}/..`);
  chmodSync(fresh, 0o755);
  for (const { path, mode, content } of files) {
    const file = join(fresh, path);
    if (!isBelow(file, fresh)) throw new Error(`${path} is not below its volume`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, Buffer.from(content, 'base64'));
    // Apart, so that the process' umask takes nothing away.
    chmodSync(file, mode);
  }
  const link = join(volume, dataLink);
  const old = existsSync(link) ? readlinkSync(link) : undefined;
  symlinkSync(basename(fresh), `${link}_tmp`);
  renameSync(`${link}_tmp`, link);
  linkNames(volume, new Set(files.map(({ path }) => path.split('/')[0] ?? '')));
  if (old !== undefined) rmSync(join(volume, old), { recursive: true, force: true });
}

/** A link for each name at the top of a config volume, through the one that moves. */
function linkNames(volume: string, names: ReadonlySet<string>): void {
  const there = new Set(readdirSync(volume).filter((name) => !name.startsWith('..')));
  for (const name of there) if (!names.has(name)) rmSync(join(volume, name), { force: true });
  for (const name of names) if (!there.has(name)) symlinkSync(join(dataLink, name), join(volume, name));
}

function isBelow(path: string, root: string): boolean {
  const [first] = relative(root, path).split(sep);
  return first !== '..';
}
