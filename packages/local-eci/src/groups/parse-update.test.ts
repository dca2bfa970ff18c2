import { expect, it } from 'vitest';
import { Parameters } from '../wire/parameters.ts';
import { parseGroup } from './parse-group.ts';
import { parseUpdate } from './parse-update.ts';

const group = {
  RegionId: 'cn-hangzhou',
  ContainerGroupName: 'default-web',
  'Container.1.Name': 'web',
  'Container.1.Image': 'dev.local/web',
};

const from = (flat: Record<string, string>): Parameters => Parameters.from(new Map(Object.entries(flat)));
const volume = (fields: Record<string, string>): Record<string, string> => ({
  'Volume.1.Name': 'config',
  'Volume.1.Type': 'ConfigFileVolume',
  ...Object.fromEntries(Object.entries(fields).map(([name, value]) => [`Volume.1.ConfigFileVolume.${name}`, value])),
});

it('keeps the modes of files, which an update cannot name, and gives new ones that of their volume', () => {
  const files = { 'ConfigFileToPath.1.Path': 'key', 'ConfigFileToPath.2.Path': 'cert' };
  const modes = { DefaultMode: String(0o440), 'ConfigFileToPath.1.Mode': String(0o400) };
  const before = parseGroup(from({ ...group, ...volume({ ...files, ...modes }) }));
  const changed = { ...files, 'ConfigFileToPath.1.Content': 'bmV3', 'ConfigFileToPath.3.Path': 'added' };
  const update = from({ UpdateType: 'IncrementalUpdate', ...volume(changed) });
  const [config] = parseUpdate(update, before).volumes;
  expect(config?.files.map(({ path, mode }) => [path, mode])).toEqual([
    ['key', 0o400],
    ['cert', 0o440],
    ['added', 0o440],
  ]);
});
