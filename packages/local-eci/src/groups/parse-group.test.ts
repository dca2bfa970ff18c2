import { describe, expect, it } from 'vitest';
import { EciError } from '../wire/error.ts';
import { Parameters } from '../wire/parameters.ts';
import { parseGroup } from './parse-group.ts';

const base = {
  RegionId: 'cn-hangzhou',
  ContainerGroupName: 'default-web',
  'Container.1.Name': 'web',
  'Container.1.Image': 'dev.local/web',
};

const parse = (extra: Record<string, string> = {}, without: readonly string[] = []): ReturnType<typeof parseGroup> => {
  const flat = new Map(Object.entries({ ...base, ...extra }));
  for (const name of without) flat.delete(name);
  return parseGroup(Parameters.from(flat));
};

describe('a container group', () => {
  it('gets the defaults of ECI', () => {
    expect(parse()).toMatchObject({ cpu: 2, memory: 4, restartPolicy: 'Always', terminationGracePeriodSeconds: 30 });
  });

  it('is as large as its containers together', () => {
    const two = {
      'Container.2.Name': 'b',
      'Container.2.Image': 'i',
      'Container.1.Cpu': '0.25',
      'Container.2.Cpu': '0.5',
    };
    expect(parse({ ...two, 'Container.1.Memory': '0.5' })).toMatchObject({ cpu: 0.75, memory: 0.5 });
  });

  it('reads what a container is to do after its start and before its stop', () => {
    const hooks = {
      'Container.1.LifecyclePostStartHandlerExec.1': 'true',
      'Container.1.LifecyclePreStopHandlerHttpGetPort': '80',
      'Container.1.LifecyclePreStopHandlerHttpGetHost': '10.0.0.1',
      'Container.1.LifecyclePreStopHandlerHttpGetHttpHeader.1.Name': 'X',
      'Container.1.LifecyclePreStopHandlerHttpGetHttpHeader.1.Value': 'y',
    };
    const headers = [{ name: 'X', value: 'y' }];
    expect(parse(hooks).containers[0]).toMatchObject({
      postStart: { action: { kind: 'exec', command: ['true'] } },
      preStop: { action: { kind: 'http', path: '/', port: 80, scheme: 'HTTP', headers }, host: '10.0.0.1' },
    });
  });

  it('reads a probe with its timing', () => {
    const probe = { 'HttpGet.Path': '/ready', 'HttpGet.Port': '8080', PeriodSeconds: '3' };
    const named = Object.entries(probe).map(([name, value]) => [`Container.1.ReadinessProbe.${name}`, value]);
    expect(parse(Object.fromEntries(named) as Record<string, string>).containers[0]?.readinessProbe).toEqual({
      action: { kind: 'http', path: '/ready', port: 8080, scheme: 'HTTP' },
      initialDelaySeconds: 0,
      periodSeconds: 3,
      timeoutSeconds: 1,
      successThreshold: 1,
      failureThreshold: 3,
    });
  });

  it.each([
    ['MissingParameter', {}, ['RegionId']],
    ['MissingParameter', {}, ['ContainerGroupName']],
    ['MissingParameter', {}, ['Container.1.Image']],
    ['InvalidParameter', { ContainerGroupName: 'a' }, []],
    ['InvalidParameter', { ContainerGroupName: 'Web' }, []],
    ['InvalidParameter', { ContainerGroupName: 'web-' }, []],
    ['InvalidParameter', { 'Container.1.Name': '../web' }, []],
    ['InvalidParameter.DuplicatedName', { 'Container.2.Name': 'web', 'Container.2.Image': 'i' }, []],
    ['InvalidParameter.DuplicatedName', { 'InitContainer.1.Name': 'web', 'InitContainer.1.Image': 'i' }, []],
    ['InvalidParameter', { 'Container.1.VolumeMount.1.Name': 'v', 'Container.1.VolumeMount.1.MountPath': '/v' }, []],
    ['InvalidParameter.CPU.Memory', { Cpu: '65' }, []],
    ['InvalidParameter', { 'ComputeCategory.1': 'cheap' }, []],
    ['InvalidParameter', { MaxPendingMinute: '5' }, []],
    ['InvalidParameter', { 'Tag.1.Key': 'a', 'Tag.2.Key': 'a' }, []],
    [
      'NumberExceed.Tags',
      Object.fromEntries(Array.from({ length: 21 }, (_, at) => [`Tag.${at + 1}.Key`, `k${at}`])),
      [],
    ],
    ['InvalidParameter', { RestartPolicy: 'Sometimes' }, []],
    ['InvalidParameter', { 'Container.1.Port.1.Port': '0' }, []],
    ['InvalidParameter', { 'Container.1.EnvironmentVar.1.Key': 'A=B' }, []],
    ['InvalidParameter.DuplicatedVolumeName', volumes('v', 'v'), []],
    [
      'InvalidParameter',
      { ...volumes('v'), 'Volume.1.ConfigFileVolume.ConfigFileToPath.1.Path': '../../etc/passwd' },
      [],
    ],
    ['InvalidParameter', { ...volumes('../v') }, []],
    [
      'InvalidParameter',
      {
        ...volumes('v'),
        'Volume.1.ConfigFileVolume.ConfigFileToPath.1.Path': 'a',
        'Volume.1.ConfigFileVolume.ConfigFileToPath.1.Content': 'plain text',
      },
      [],
    ],
    ['MissingParameter', { ...volumes('v'), 'Volume.1.Type': 'NFSVolume' }, []],
    ['MissingParameter', { ...volumes('v'), 'Volume.1.Type': 'DiskVolume' }, []],
    [
      'InvalidParameter',
      {
        ...volumes('v'),
        'Volume.1.Type': 'FlexVolume',
        'Volume.1.FlexVolume.Driver': 'alicloud/nas',
        'Volume.1.FlexVolume.Options': '{"server":',
      },
      [],
    ],
  ])('answers %s to %j without %j', (code, extra, without) => {
    expect(() => parse(extra as unknown as Record<string, string>, without)).toThrow(
      expect.objectContaining({ name: EciError.name, code }),
    );
  });
});

function volumes(...names: readonly string[]): Record<string, string> {
  const pairs = names.flatMap((name, index) => [
    [`Volume.${index + 1}.Name`, name],
    [`Volume.${index + 1}.Type`, 'ConfigFileVolume'],
  ]);
  return Object.fromEntries(pairs) as Record<string, string>;
}
