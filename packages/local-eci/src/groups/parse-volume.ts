import type { ConfigFile, ImageCredential, VolumeSpec } from '../model.ts';
import { invalidParameter, missingParameter } from '../wire/error.ts';
import type { Parameters } from '../wire/parameters.ts';

const maxFiles = 1000;
const volumeTypes = [
  'EmptyDirVolume',
  'ConfigFileVolume',
  'NFSVolume',
  'FlexVolume',
  'DiskVolume',
  'HostPathVolume',
] as const;

/** Reads one item of `Volume`, of an update with the volumes there are. Throws `EciError`. */
export function parseVolume(parameters: Parameters, known: readonly VolumeSpec[] = []): VolumeSpec {
  const name = parameters.required('Name', { maxLength: 63 });
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(name))
    throw invalidParameter(parameters.nameOf('Name'), 'not a DNS label');
  const type = parameters.word('Type', volumeTypes);
  switch (type) {
    case undefined:
      throw missingParameter(parameters.nameOf('Type'));
    case 'ConfigFileVolume':
      return {
        name,
        type,
        ...parseFiles(
          parameters,
          known.find((volume) => volume.name === name),
        ),
      };
    case 'EmptyDirVolume':
      return { name, type, files: [], ...parseEmptyDir(parameters) };
    default:
      return { name, type, files: [], share: shareOf(parameters, type) };
  }
}

/** Reads one item of `ImageRegistryCredential`. Throws `EciError`. */
export function parseCredential(parameters: Parameters): ImageCredential {
  return {
    server: parameters.required('Server', { maxLength: 1024 }),
    userName: parameters.required('UserName', { maxLength: 1024 }),
    password: parameters.string('Password') ?? '',
  };
}

function parseEmptyDir(parameters: Parameters): Pick<VolumeSpec, 'inMemory' | 'sizeBytes'> {
  const emptyDir = parameters.object('EmptyDirVolume');
  const inMemory = emptyDir?.word('Medium', ['Memory', 'LocalRaid0']) === 'Memory';
  const sizeLimit = emptyDir?.string('SizeLimit');
  if (!emptyDir || sizeLimit === undefined) return { inMemory };
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)([KMGT]i?)?$/.exec(sizeLimit) ?? [];
  if (number === '') throw invalidParameter(emptyDir.nameOf('SizeLimit'), 'not a size such as 256Mi');
  const power = 'KMGT'.indexOf(unit.slice(0, 1)) + 1;
  return { inMemory, sizeBytes: Math.ceil(Number(number) * (unit.endsWith('i') ? 1024 : 1000) ** (unit ? power : 0)) };
}

/** What a volume of storage elsewhere is known by: two that say the same are one. */
function shareOf(
  parameters: Parameters,
  type: Exclude<(typeof volumeTypes)[number], 'ConfigFileVolume' | 'EmptyDirVolume'>,
): string {
  switch (type) {
    case 'NFSVolume': {
      const nfs = partOf(parameters, type);
      return `nfs:${nfs.required('Server')}:${nfs.required('Path')}`;
    }
    case 'FlexVolume': {
      const flex = partOf(parameters, type);
      const options = flex.string('Options') ?? '';
      if (options !== '' && !isObjectText(options)) throw invalidParameter(flex.nameOf('Options'), 'not a JSON object');
      return `${flex.required('Driver')}:${options}`;
    }
    case 'DiskVolume':
      return `disk:${partOf(parameters, type).required('DiskId')}`;
    case 'HostPathVolume':
      throw invalidParameter(parameters.nameOf('Type'), 'HostPathVolume is for those on its list only');
  }
}

function partOf(parameters: Parameters, name: string): Parameters {
  const part = parameters.object(name);
  if (part) return part;
  throw missingParameter(parameters.nameOf(name));
}

function isObjectText(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** An update has no field for modes: files keep theirs, new ones get what was said when the group was made. */
function parseFiles(parameters: Parameters, before?: VolumeSpec): Pick<VolumeSpec, 'files' | 'fileMode'> {
  const volume = parameters.object('ConfigFileVolume');
  const modeOf = (of: Parameters | undefined, name: string): number | undefined =>
    of?.integer(name, { min: 0, max: 0o777 });
  const givenMode = modeOf(volume, 'DefaultMode');
  const fileMode = givenMode ?? before?.fileMode ?? 0o644;
  const files = volume?.list('ConfigFileToPath', { max: maxFiles }) ?? [];
  const parsed = files.map((file): ConfigFile => {
    const path = file.required('Path', { maxLength: 1024 });
    if (path.startsWith('/') || path.includes('\0') || path.split('/').some((step) => ['', '.', '..'].includes(step))) {
      throw invalidParameter(file.nameOf('Path'), 'must be a plain path below the volume');
    }
    const modeBefore = before?.files.find((each) => each.path === path)?.mode;
    const mode = modeOf(file, 'Mode') ?? givenMode ?? modeBefore ?? fileMode;
    const content = file.string('Content', { maxLength: 1024 * 1024 }) ?? '';
    if (!base64.test(content)) throw invalidParameter(file.nameOf('Content'), 'not base64');
    return { path, mode, content };
  });
  return { files: parsed, fileMode };
}
