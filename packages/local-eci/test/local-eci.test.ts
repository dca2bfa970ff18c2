import { silentLogger, systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import { describe, expect, it } from 'vitest';
import { type LocalEci, createLocalEci, createSimulatedRuntime, findApps } from '../src/index.ts';
import { createTestEci, testAccessKey } from '../src/testing.ts';
import { makeFolder, serverSource } from './apps.ts';
import { type Answer, type CallOptions, callAcs3, callRpc } from './signed-call.ts';

const region = { RegionId: 'cn-hangzhou' };
const create = {
  ...region,
  ContainerGroupName: 'default-web',
  'Container.1.Name': 'web',
  'Container.1.Image': 'dev.local/web',
  'Container.1.Port.1.Port': '8080',
  'Tag.1.Key': 'UID',
  'Tag.1.Value': 'uid-1',
};

const startSimulated = (): Promise<LocalEci> =>
  createTestEci({
    runtime: createSimulatedRuntime({
      clock: systemClock,
      random: Math.random,
      timing: { schedulingMs: 0, pendingMs: 5, terminatingMs: 5 },
    }),
  });

async function call(eci: LocalEci, action: string, parameters: Record<string, string>): Promise<Answer['body']> {
  const { body } = await callAcs3({ endpoint: eci.endpoint, action, parameters: { ...region, ...parameters } });
  return body;
}

describe('the signature check', () => {
  it.each([
    ['ACS3', callAcs3],
    ['RPC', callRpc],
  ])('takes a good %s signature, once', async (_kind, signed) => {
    await using eci = await startSimulated();
    const options: CallOptions = {
      endpoint: eci.endpoint,
      action: 'DescribeRegions',
      parameters: { x: "a b*'()!/~+&" },
      nonce: 'n',
    };
    expect(await signed(options)).toMatchObject({ status: 200, body: { Regions: [{ RegionId: 'cn-hangzhou' }] } });
    expect(await signed(options)).toMatchObject({ status: 400, body: { Code: 'SignatureNonceUsed' } });
  });

  it.each([
    ['ACS3', callAcs3],
    ['RPC', callRpc],
  ])('refuses a bad %s signature with the code of ECI', async (_kind, signed) => {
    await using eci = await startSimulated();
    const attempt = (options: Partial<CallOptions>): Promise<Answer> =>
      signed({ endpoint: eci.endpoint, action: 'DescribeRegions', ...options });
    expect(await attempt({ secret: 'wrong' })).toMatchObject({ status: 400, body: { Code: 'SignatureDoesNotMatch' } });
    expect(await attempt({ keyId: 'wrong' })).toMatchObject({
      status: 404,
      body: { Code: 'InvalidAccessKeyId.NotFound' },
    });
    const old = await attempt({ atMs: Date.now() - 3_600_000 });
    expect(old).toMatchObject({ status: 400, body: { Code: 'InvalidTimeStamp.Expired', HostId: eci.endpoint } });
  });

  it.each([
    ['ACS3', callAcs3],
    ['RPC', callRpc],
  ])('wants the token of a temporary key, and no other, with %s', async (_kind, signed) => {
    const runtime = createSimulatedRuntime({ clock: systemClock, random: Math.random });
    const tools = { runtime, clock: systemClock, logger: silentLogger };
    await using eci = await createLocalEci({ credentials: { ...testAccessKey, securityToken: 'sts-1' }, ...tools });
    const codeOf = async (more: Partial<CallOptions>): Promise<string | undefined> =>
      (await signed({ endpoint: eci.endpoint, action: 'DescribeRegions', ...more })).body.Code;
    expect(await codeOf({ token: 'sts-1' })).toBeUndefined();
    expect(await codeOf({})).toBe('MissingSecurityToken');
    expect(await codeOf({ token: 'sts-0' })).toBe('InvalidSecurityToken.Malformed');
  });

  it('refuses a call changed after it was signed', async () => {
    await using eci = await startSimulated();
    const options = { endpoint: eci.endpoint, action: 'DescribeRegions' };
    const action = await callAcs3({ ...options, tamper: { 'x-acs-action': 'ListUsage' } });
    expect(action.body.Code).toBe('SignatureDoesNotMatch');
    const extra = await callAcs3({ ...options, tamper: { 'x-acs-extra': '1' } });
    expect(extra.body.Code).toBe('IncompleteSignature');
  });

  it('takes no other methods than POST and GET', async () => {
    await using eci = await startSimulated();
    const response = await fetch(`http://${eci.endpoint}/`, { method: 'PUT' });
    expect([response.status, await response.json()]).toMatchObject([400, { Code: 'UnsupportedHTTPMethod' }]);
  });

  it.each([
    ['no signature at all', '/?Action=DescribeRegions&Version=2018-08-08', {}],
    ['nonsense for one', '/?Action=DescribeRegions&Version=2018-08-08', { authorization: 'Bearer x' }],
    ['another path', '/other', {}],
    ['a parameter given twice', '/?Action=a&Action=b&Version=2018-08-08', {}],
    ['no action', '/', {}],
    ['bytes that are no text', '/?a=%ff%fe&%zz', {}],
  ])('answers %s with an error', async (_what, path, headers) => {
    await using eci = await startSimulated();
    const response = await fetch(`http://${eci.endpoint}${path}`, {
      method: 'POST',
      headers: headers as Record<string, string>,
    });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
    expect(await response.json()).toMatchObject({ Code: expect.any(String), Message: expect.any(String) });
  });
});

describe('the actions', () => {
  it('answers an action it does not have with 404', async () => {
    await using eci = await startSimulated();
    for (const action of ['CommitContainer', 'toString']) {
      const answer = await callAcs3({ endpoint: eci.endpoint, action, parameters: region });
      expect(answer).toMatchObject({ status: 404, body: { Code: 'InvalidAction.NotFound' } });
    }
  });

  it('takes a large group in the query, and in a form', async () => {
    await using eci = await startSimulated();
    const volume = {
      'Volume.1.Name': 'v',
      'Volume.1.Type': 'ConfigFileVolume',
      'Volume.1.ConfigFileVolume.ConfigFileToPath.1.Path': 'f',
      'Volume.1.ConfigFileVolume.ConfigFileToPath.1.Content': `${'+/Az'.repeat(15_000)}+/A=`,
    };
    const action = 'CreateContainerGroup';
    const large = { ...create, ...volume };
    const query = await callAcs3({ endpoint: eci.endpoint, action, parameters: large });
    const form = await callAcs3({ endpoint: eci.endpoint, action, form: large });
    const rpc = await callRpc({ endpoint: eci.endpoint, action, parameters: large });
    expect([query.status, form.status, rpc.status]).toEqual([200, 200, 200]);
  });

  it('makes one group of one token, however often it is sent', async () => {
    await using eci = await startSimulated();
    const ask = { ...create, ClientToken: 'uid-1' };
    const [one, two] = await Promise.all([
      call(eci, 'CreateContainerGroup', ask),
      call(eci, 'CreateContainerGroup', ask),
    ]);
    expect(one['ContainerGroupId']).toBe(two['ContainerGroupId']);
    const other = await call(eci, 'CreateContainerGroup', { ...ask, 'Container.1.Image': 'x' });
    expect(other.Code).toBe('IdempotentParameterMismatch');
    expect(await call(eci, 'DescribeContainerGroups', {})).toMatchObject({ TotalCount: 1 });
  });

  it('makes an image cache, and groups from it: the one they name, or the one that fits best', async () => {
    await using eci = await startSimulated();
    const cached = { ImageCacheName: 'mine', 'Image.1': 'dev.local/web', ClientToken: 't' };
    const id = String((await call(eci, 'CreateImageCache', cached))['ImageCacheId']);
    const named = (ImageSnapshotId: string): Promise<Answer['body']> =>
      call(eci, 'CreateContainerGroup', { ...create, ImageSnapshotId });
    expect(await named(id)).toMatchObject({ Code: 'ImageSnapshot.IncorrectStatus' });
    expect(await named('imc-none')).toMatchObject({ Code: 'ImageSnapshot.NotFound' });
    const caches = async (): Promise<Record<string, unknown>[]> =>
      (await call(eci, 'DescribeImageCaches', { Image: 'dev.local/web' }))['ImageCaches'] as Record<string, unknown>[];
    await eventually(async () => (await caches())[0]?.['Status'] === 'Ready');
    expect(await caches()).toMatchObject([{ ImageCacheId: id, ImageCacheName: 'mine', Progress: '100%' }]);
    for (const asked of [{ ImageSnapshotId: id }, { AutoMatchImageCache: 'true' }]) {
      const { ContainerGroupId } = await call(eci, 'CreateContainerGroup', { ...create, ...asked });
      const ContainerGroupIds = JSON.stringify([ContainerGroupId]);
      const told = async (): Promise<boolean> =>
        JSON.stringify(await call(eci, 'DescribeContainerGroups', { ContainerGroupIds })).includes(`image cache ${id}`);
      await eventually(told);
    }
    await call(eci, 'DeleteImageCache', { ImageCacheId: id });
    expect(await caches()).toEqual([]);
  });

  it.each([
    ['another region', { RegionId: 'cn-beijing' }, 404, 'InvalidRegionId.NotFound'],
    ['a zone there is not', { ZoneId: 'cn-hangzhou-z' }, 404, 'InvalidZoneId.NotFound'],
    [
      'a vSwitch of another zone',
      { ZoneId: 'cn-hangzhou-a', VSwitchId: 'vsw-b' },
      403,
      'OperationDenied.VswZoneMisMatch',
    ],
    ['too large a disk', { EphemeralStorage: '5001' }, 400, 'InvalidParameter'],
    ['a price of four decimals', { SpotStrategy: 'SpotAsPriceGo', SpotPriceLimit: '0.1234' }, 400, 'InvalidParameter'],
    ['a token that is not ASCII', { ClientToken: 'ü' }, 400, 'InvalidParameter'],
    ['no minutes to wait', { MaxPendingMinute: '9' }, 400, 'InvalidParameter'],
    ['an architecture of elsewhere', { CpuArchitecture: 'RISCV' }, 400, 'InvalidParameter'],
    ['a flag that is none', { AutoCreateEip: 'perhaps' }, 400, 'InvalidParameter'],
  ])('refuses %s', async (_what, wrong, status, code) => {
    await using eci = await startSimulated();
    const parameters = { ...create, ...(wrong as Record<string, string>) };
    const answer = await callAcs3({ endpoint: eci.endpoint, action: 'CreateContainerGroup', parameters });
    expect(answer).toMatchObject({ status, body: { Code: code } });
  });

  it('touches no group by a call for another region, or for none', async () => {
    await using eci = await startSimulated();
    const { ContainerGroupId } = await call(eci, 'CreateContainerGroup', create);
    const group = { ContainerGroupId: String(ContainerGroupId) };
    const elsewhere = { ...group, RegionId: 'cn-beijing' };
    for (const action of ['DeleteContainerGroup', 'RestartContainerGroup', 'DescribeContainerGroupMetric']) {
      expect((await call(eci, action, elsewhere)).Code).toBe('InvalidRegionId.NotFound');
    }
    const unsaid = await callAcs3({ endpoint: eci.endpoint, action: 'DeleteContainerGroup', parameters: group });
    expect(unsaid.body.Code).toBe('MissingParameter');
    expect(await call(eci, 'DescribeContainerGroups', {})).toMatchObject({ TotalCount: 1 });
  });

  it('finds groups by what they are', async () => {
    await using eci = await startSimulated();
    await call(eci, 'CreateContainerGroup', { ...create, SecurityGroupId: 'sg-1', VSwitchId: 'vsw-b' });
    await call(eci, 'CreateContainerGroup', { ...create, 'ComputeCategory.1': 'economy', 'Tag.1.Value': 'uid-2' });
    const count = async (filter: Record<string, string>): Promise<unknown> =>
      (await call(eci, 'DescribeContainerGroups', filter))['TotalCount'];
    const filters = [
      { SecurityGroupId: 'sg-1' },
      { ComputeCategory: 'economy' },
      { VSwitchId: 'vsw-b' },
      { ZoneId: 'cn-hangzhou-b' },
      { 'Tag.1.Key': 'UID', 'Tag.1.Value': 'uid-2' },
    ];
    for (const filter of filters) expect(await count(filter)).toBe(1);
    expect(await count({ 'Tag.1.Key': 'UID' })).toBe(2);
    expect(await count({ SecurityGroupId: 'sg-2' })).toBe(0);
    expect((await call(eci, 'DescribeContainerGroups', { Status: 'Sleeping' })).Code).toBe('InvalidParameter');
  });

  it.each([
    [{ Cpu: '2', Memory: '4' }, 0.00012252, 0.1323216],
    [{ Cpu: '2', Memory: '4', ComputeCategory: 'economy' }, 0.00007852, 0.0848016],
    [{ Cpu: '2', Memory: '4', SpotDuration: '0' }, 0.00012252, 0.11908944],
    [{ InstanceType: 'ecs.g7.xlarge' }, 0.00029408, 0.3176064],
  ])('prices %o by the second, and on the market by the hour', async (asked, second, hour) => {
    await using eci = await startSimulated();
    expect(await call(eci, 'DescribeContainerGroupPrice', { ...asked, ZoneId: 'cn-hangzhou-b' })).toMatchObject({
      PriceInfo: {
        Price: { Currency: 'CNY', OriginalPrice: second, TradePrice: second },
        SpotPrices: { SpotPrice: [{ ZoneId: 'cn-hangzhou-b', SpotPrice: hour }] },
      },
    });
  });

  it('puts tags on groups and takes them off', async () => {
    await using eci = await startSimulated();
    const id = String((await call(eci, 'CreateContainerGroup', create))['ContainerGroupId']);
    const group = { ResourceType: 'ContainerGroup', 'ResourceId.1': id };
    const tags = async (): Promise<unknown> =>
      ((await call(eci, 'ListTagResources', group))['TagResources'] as { TagKey: string; TagValue: string }[])
        .map(({ TagKey, TagValue }) => `${TagKey}=${TagValue}`)
        .join();
    await call(eci, 'TagResources', { ...group, 'Tag.1.Key': 'team', 'Tag.1.Value': 'shop' });
    expect(await tags()).toBe('UID=uid-1,team=shop');
    const found = await call(eci, 'DescribeContainerGroups', { 'Tag.1.Key': 'team', 'Tag.1.Value': 'shop' });
    expect(found).toMatchObject({ TotalCount: 1 });
    const many = Array.from({ length: 19 }, (_, index) => [`Tag.${index + 1}.Key`, `k${index}`] as const);
    expect((await call(eci, 'TagResources', { ...group, ...Object.fromEntries(many) })).Code).toBe('NumberExceed.Tags');
    await call(eci, 'UntagResources', { ...group, 'TagKey.1': 'UID' });
    expect(await tags()).toBe('team=shop');
    expect((await call(eci, 'TagResources', { ...group, ResourceType: 'Disk' })).Code).toBe('InvalidParameter');
  });

  it('makes nothing of a dry run', async () => {
    await using eci = await startSimulated();
    expect(await call(eci, 'CreateContainerGroup', { ...create, DryRun: 'true' })).toMatchObject({
      Code: 'DryRun.Success',
    });
    expect(await call(eci, 'DescribeContainerGroups', {})).toMatchObject({ TotalCount: 0 });
  });

  it('tells of a group through its life, until it is gone', async () => {
    await using eci = await startSimulated();
    const id = String((await call(eci, 'CreateContainerGroup', create))['ContainerGroupId']);
    const status = async (): Promise<Record<string, unknown> | undefined> => {
      const { Data } = await call(eci, 'DescribeContainerGroupStatus', { 'Tag.1.Key': 'UID', 'Tag.1.Value': 'uid-1' });
      return (Data as Record<string, unknown>[])[0];
    };
    const running = await eventually(async () => {
      const found = await status();
      return found?.['Status'] === 'Running' ? found : undefined;
    });
    expect(running).toMatchObject({
      ContainerGroupId: id,
      uuid: 'uid-1',
      PodStatus: {
        Phase: 'Running',
        PodIp: '127.0.0.1',
        // The official SDKs read no other spelling.
        Conditions: expect.arrayContaining([
          { type: 'Ready', status: 'True', lastTransitionTime: expect.stringMatching(/^\d{4}-.*Z$/) },
        ]),
        ContainerStatuses: [
          { Name: 'web', Ready: true, State: { Running: { StartedAtstartedAt: expect.any(String) } } },
        ],
      },
    });
    const described = await call(eci, 'DescribeContainerGroups', { ContainerGroupIds: JSON.stringify([id]) });
    expect(described).toMatchObject({
      ContainerGroups: [
        { ContainerGroupId: id, Cpu: 2, Memory: 4, IntranetIp: '127.0.0.1', Tags: [{ Key: 'UID', Value: 'uid-1' }] },
      ],
    });
    expect(await call(eci, 'DeleteContainerGroup', { ContainerGroupId: id })).not.toHaveProperty('Code');
    await eventually(async () => (await status()) === undefined);
    expect(await call(eci, 'DeleteContainerGroup', { ContainerGroupId: id })).toMatchObject({
      Code: 'InvalidContainerGroupId.NotFound',
    });
  });

  it('pages through groups, twenty at a time at most', async () => {
    await using eci = await startSimulated();
    for (let index = 0; index < 25; index += 1) await call(eci, 'CreateContainerGroup', create);
    const seen: unknown[] = [];
    let token: Record<string, string> = {};
    do {
      const page = await call(eci, 'DescribeContainerGroups', { Limit: '10', ...token });
      seen.push(...(page['ContainerGroups'] as Record<string, unknown>[]).map((each) => each['ContainerGroupId']));
      token = typeof page['NextToken'] === 'string' ? { NextToken: page['NextToken'] } : {};
    } while (token['NextToken'] !== undefined);
    expect(new Set(seen).size).toBe(25);
    expect((await call(eci, 'DescribeContainerGroups', { Limit: '21' })).Code).toBe('InvalidParameter');
    expect((await call(eci, 'DescribeContainerGroups', { RegionId: 'cn-beijing' })).Code).toBe(
      'InvalidRegionId.NotFound',
    );
  });

  it('has no room for more than its largest instance', async () => {
    await using eci = await startSimulated();
    expect(await call(eci, 'CreateContainerGroup', { ...create, Cpu: '33' })).toMatchObject({
      Code: 'OperationDenied.NoStock',
      Message: expect.stringContaining('33 vCPU'),
    });
    expect((await call(eci, 'CreateContainerGroup', { ...create, Cpu: '65' })).Code).toBe(
      'InvalidParameter.CPU.Memory',
    );
  });

  it('gives a running group other containers', async () => {
    await using folder = await makeFolder({ 'web/app.mjs': serverSource, 'web/Procfile': 'web: node app.mjs\n' });
    await using eci = await createTestEci({ apps: await findApps([folder.path]), dataDir: `${folder.path}/run` });
    const saying = (word: string): Record<string, string> => ({
      'Container.1.Name': 'web',
      'Container.1.Image': 'dev.local/web',
      'Container.1.Command.1': '/bin/sh',
      'Container.1.Command.2': '-c',
      'Container.1.Command.3':
        word === 'one' ? `trap '' TERM; echo one; while :; do sleep 0.1; done` : `echo ${word}; sleep 100`,
      TerminationGracePeriodSeconds: '2',
    });
    const made = await call(eci, 'CreateContainerGroup', { ...create, ...saying('one') });
    const group = { ContainerGroupId: String(made['ContainerGroupId']) };
    const log = async (): Promise<unknown> =>
      (await call(eci, 'DescribeContainerLog', { ...group, ContainerName: 'web' }))['Content'];
    const described = async (): Promise<{ Status: string; Containers: { Name: string; RestartCount: number }[] }> => {
      const { ContainerGroups } = await call(eci, 'DescribeContainerGroups', {});
      const [found] = ContainerGroups as { Status: string; Containers: { Name: string; RestartCount: number }[] }[];
      if (!found) throw new Error('the group is gone');
      return found;
    };
    await eventually(async () => (await log()) === 'one\n');
    const added = { 'Container.2.Name': 'beside', 'Container.2.Image': 'dev.local/web' };
    expect(await call(eci, 'UpdateContainerGroup', { ...group, ...saying('two'), ...added })).not.toHaveProperty(
      'Code',
    );
    expect((await described()).Status).toBe('Updating');
    await eventually(async () => (await log()) === 'two\n');
    await eventually(async () => (await described()).Status === 'Running');
    expect((await described()).Containers).toMatchObject([
      { Name: 'web', RestartCount: 1 },
      { Name: 'beside', RestartCount: 0 },
    ]);
    const again = await call(eci, 'UpdateContainerGroup', { ...group, ...saying('two'), ...added });
    expect(again.Code).toBe('NoNeedUpdate');
    const mount = { 'Container.1.VolumeMount.1.Name': 'none', 'Container.1.VolumeMount.1.MountPath': '/x' };
    const wrong = await call(eci, 'UpdateContainerGroup', { ...group, ...saying('two'), ...mount });
    expect(wrong.Code).toBe('InvalidParameter');
  });

  it('gives a running group new files, and restarts it with its counts', async () => {
    const source = `import { readFileSync, existsSync } from 'node:fs';
      const path = process.env.EBB_MOUNT_1 + '/greeting';
      let last;
      setInterval(() => { const text = existsSync(path) && readFileSync(path, 'utf8'); if (text !== last) console.log(last = text); }, 20);`;
    await using folder = await makeFolder({ 'web/app.mjs': source, 'web/Procfile': 'web: node app.mjs\n' });
    await using eci = await createTestEci({ apps: await findApps([folder.path]), dataDir: `${folder.path}/run` });
    const volume = (text: string): Record<string, string> => ({
      'Volume.1.Name': 'config',
      'Volume.1.Type': 'ConfigFileVolume',
      'Volume.1.ConfigFileVolume.ConfigFileToPath.1.Path': 'greeting',
      'Volume.1.ConfigFileVolume.ConfigFileToPath.1.Content': Buffer.from(text).toString('base64'),
    });
    const mount = { 'Container.1.VolumeMount.1.Name': 'config', 'Container.1.VolumeMount.1.MountPath': '/config' };
    const made = await call(eci, 'CreateContainerGroup', { ...create, ...mount, ...volume('hello') });
    const group = { ContainerGroupId: String(made['ContainerGroupId']) };
    const log = async (): Promise<string> =>
      String((await call(eci, 'DescribeContainerLog', { ...group, ContainerName: 'web' }))['Content']);
    await eventually(async () => (await log()) === 'hello\n');
    const update = { ...group, UpdateType: 'IncrementalUpdate' };
    expect(await call(eci, 'UpdateContainerGroup', { ...update, ...volume('good day') })).not.toHaveProperty('Code');
    await eventually(async () => (await log()) === 'hello\ngood day\n');
    expect((await call(eci, 'UpdateContainerGroup', { ...update, ...volume('good day') })).Code).toBe('NoNeedUpdate');
    const bigger = { ...update, Cpu: '4' };
    expect((await call(eci, 'UpdateContainerGroup', bigger)).Code).toBe('InvalidParam.CpuOrMemorySpec');
    const [server, user] = ['ImageRegistryCredential.1.Server', 'ImageRegistryCredential.1.UserName'];
    const credential = { ...update, [server]: 'registry.example', [user]: 'robot' };
    expect(await call(eci, 'UpdateContainerGroup', credential)).not.toHaveProperty('Code');
    expect((await call(eci, 'UpdateContainerGroup', credential)).Code).toBe('NoNeedUpdate');

    expect(await call(eci, 'RestartContainerGroup', group)).not.toHaveProperty('Code');
    const containers = await eventually(async () => {
      const { ContainerGroups } = await call(eci, 'DescribeContainerGroups', {});
      const [{ Containers: found } = {}] = ContainerGroups as { Containers?: { RestartCount: number }[] }[];
      return found?.[0]?.RestartCount === 1 ? found : undefined;
    });
    expect(containers).toMatchObject([{ PreviousState: { State: 'Terminated' } }]);
    await eventually(async () => (await log()) === 'good day\n');
  });

  it('serves logs and commands of a real process', async () => {
    await using folder = await makeFolder({ 'web/app.mjs': serverSource, 'web/Procfile': 'web: node app.mjs\n' });
    await using eci = await createTestEci({ apps: await findApps([folder.path]), dataDir: `${folder.path}/run` });
    const { ContainerGroupId } = await call(eci, 'CreateContainerGroup', create);
    const group = { ContainerGroupId: String(ContainerGroupId), ContainerName: 'web' };
    await eventually(async () =>
      String((await call(eci, 'DescribeContainerLog', group))['Content']).includes('listening'),
    );
    const stamped = await call(eci, 'DescribeContainerLog', { ...group, Timestamps: 'true', Tail: '1' });
    expect(stamped['Content']).toMatch(/^\d{4}-\d\d-\d\dT[\d:]+\.\d{9}Z listening\n$/);
    const command = { ...group, Command: '["echo","hi"]' };
    expect(await call(eci, 'ExecContainerCommand', { ...command, Sync: 'true' })).toMatchObject({
      SyncResponse: 'hi\n',
    });
    expect((await call(eci, 'ExecContainerCommand', { ...command, Sync: 'true', TTY: 'true' })).Code).toBe(
      'InvalidParameter',
    );
    expect((await call(eci, 'DescribeContainerLog', { ...group, ContainerName: 'x' })).Code).toBe(
      'InvalidContainerName.NotFound',
    );
    const events = await call(eci, 'DescribeContainerGroupEvents', {});
    expect(JSON.stringify(events)).toContain('Started container web');
  });
});

describe('the server', () => {
  it('says in one line that its port is taken', async () => {
    await using eci = await startSimulated();
    const port = Number(eci.endpoint.split(':')[1]);
    const runtime = createSimulatedRuntime({ clock: systemClock, random: Math.random });
    const options = { credentials: testAccessKey, runtime, clock: systemClock, logger: silentLogger };
    await expect(createLocalEci({ ...options, port })).rejects.toThrow(`cannot listen on 127.0.0.1:${port}`);
  });

  it('leaves no port when it is closed', async () => {
    const eci = await startSimulated();
    await call(eci, 'CreateContainerGroup', create);
    await eci.close();
    await eci.close();
    await expect(fetch(`http://${eci.endpoint}/`)).rejects.toThrow('fetch failed');
  });
});

describe('apps', () => {
  it('are found three folders deep, each with its start command', async () => {
    await using folder = await makeFolder({
      'hello/Procfile': 'worker: x\nweb:  node a.js \n',
      'hello/package.json': '{"scripts":{"start":"node b.js"}}',
      'pkg/package.json': '{"scripts":{"start":"node b.js"}}',
      'broken/package.json': '{',
      'a/b/script/start': '#!/bin/sh\n',
      'a/b/c/toodeep/start': '#!/bin/sh\n',
      'plain/start': 'not executable',
      'binary/binary': '#!/bin/sh\n',
      'binary/data': 'x',
      'node_modules/dep/package.json': '{"scripts":{"start":"x"}}',
    });
    const apps = await findApps([folder.path]);
    expect(Object.fromEntries([...apps.values()].map(({ name, command }) => [name, command]))).toEqual({
      binary: './binary',
      hello: 'node a.js',
      pkg: 'node b.js',
      script: './start',
    });
  });

  it('are not found in a path that does not exist, which is said', async () => {
    await expect(findApps(['/no/such/folder'])).rejects.toThrow('/no/such/folder');
  });
});
