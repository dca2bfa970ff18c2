import { systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import { describe, expect, it } from 'vitest';
import { type LocalEci, createSimulatedRuntime } from '../src/index.ts';
import { type TestEciOptions, createTestEci, testPanelToken } from '../src/testing.ts';
import { makeFolder } from './apps.ts';
import { type Answer, callAcs3 } from './signed-call.ts';

const region = { RegionId: 'cn-hangzhou' };
const create = {
  ...region,
  ContainerGroupName: 'default-web',
  'Container.1.Name': 'web',
  'Container.1.Image': 'dev.local/web',
  'Tag.1.Key': 'PodName',
  'Tag.1.Value': 'web-1',
};

const start = (options: TestEciOptions = {}): Promise<LocalEci> =>
  createTestEci({
    runtime: createSimulatedRuntime({
      clock: systemClock,
      random: Math.random,
      timing: { schedulingMs: 0, pendingMs: 0, terminatingMs: 0 },
    }),
    ...options,
  });

const call = async (eci: LocalEci, action: string, parameters: Record<string, string> = {}): Promise<Answer['body']> =>
  (await callAcs3({ endpoint: eci.endpoint, action, parameters: { ...region, ...parameters } })).body;

async function panel(eci: LocalEci, path: string, body?: object, method = body ? 'POST' : 'GET'): Promise<Answer> {
  const response = await fetch(`http://${eci.endpoint}/ebb/${path}`, {
    method,
    headers: { authorization: `Bearer ${testPanelToken}` },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

async function group(eci: LocalEci, id: unknown): Promise<Record<string, unknown> | undefined> {
  const answer = await call(eci, 'DescribeContainerGroups', { ContainerGroupIds: JSON.stringify([id]) });
  return (answer['ContainerGroups'] as Record<string, unknown>[])[0];
}

describe('the fault panel', () => {
  it('is open to the token only, and says what it does not understand', async () => {
    await using eci = await start();
    expect((await fetch(`http://${eci.endpoint}/ebb/faults`)).status).toBe(403);
    expect(await panel(eci, 'faults', { kind: 'flood' })).toMatchObject({
      status: 400,
      body: { Code: 'InvalidParameter' },
    });
    expect(await panel(eci, 'faults', { kind: 'no-stock', spec: 'big' })).toMatchObject({ status: 400 });
    expect(await panel(eci, 'elsewhere')).toMatchObject({ status: 404 });
  });

  it('lets answers be none of ECI’s, though the call is carried out; and leaves groups out of lists', async () => {
    await using eci = await start({ random: () => 0.5 });
    const list = async (): Promise<unknown[]> =>
      (await call(eci, 'DescribeContainerGroups'))['ContainerGroups'] as unknown[];
    for (const form of ['html', 'half', undefined]) {
      await panel(eci, 'faults', { kind: 'bad-answer', action: 'CreateContainerGroup', form, times: 1 });
      await expect(call(eci, 'CreateContainerGroup', create)).rejects.toThrow('JSON');
    }
    await panel(eci, 'faults', { kind: 'bad-answer', form: 'nothing', times: 1 });
    expect(await call(eci, 'CreateContainerGroup', create)).toEqual({});
    expect(await list()).toHaveLength(4);
    await panel(eci, 'faults', { kind: 'omit', share: 0.6 });
    expect(await list()).toEqual([]);
    await panel(eci, 'faults', undefined, 'DELETE');
    expect(await list()).toHaveLength(4);
    expect((await panel(eci, 'faults', { kind: 'bad-answer', form: 'long' })).status).toBe(400);
  });

  it('lets calls fail: so many, by chance, or until it is cleared', async () => {
    await using eci = await start();
    await panel(eci, 'faults', {
      kind: 'error',
      action: 'CreateContainerGroup',
      code: 'OperationDenied.NoStock',
      times: 2,
    });
    const codes = [];
    for (let index = 0; index < 3; index += 1) codes.push((await call(eci, 'CreateContainerGroup', create)).Code);
    expect(codes).toEqual(['OperationDenied.NoStock', 'OperationDenied.NoStock', undefined]);
    const { body } = await panel(eci, 'faults', { kind: 'error', code: 'InternalError' });
    expect((await callAcs3({ endpoint: eci.endpoint, action: 'DescribeRegions' })).status).toBe(500);
    expect(await panel(eci, `faults/${String(body['id'])}`, undefined, 'DELETE')).toMatchObject({
      body: { cleared: 1 },
    });
    expect((await call(eci, 'DescribeRegions')).Code).toBeUndefined();
  });

  it('loses an answer; the call asked again with its token finds what was made', async () => {
    await using eci = await start();
    await panel(eci, 'faults', { kind: 'lost-answer', action: 'CreateContainerGroup', times: 1 });
    const again = { ...create, ClientToken: 'uid-1' };
    await expect(call(eci, 'CreateContainerGroup', again)).rejects.toThrow('fetch failed');
    const { ContainerGroupId: id } = await call(eci, 'CreateContainerGroup', again);
    const { TotalCount: count } = await call(eci, 'DescribeContainerGroups');
    expect([typeof id, count]).toEqual(['string', 1]);
    const other = await call(eci, 'CreateContainerGroup', { ...again, Cpu: '4' });
    expect(other.Code).toBe('IdempotentParameterMismatch');
  });

  it('runs a zone dry: the next vSwitch serves; with none left, or too late, the caller hears of it', async () => {
    await using eci = await start();
    const both = { ...create, VSwitchId: 'vsw-a,vsw-b' };
    await panel(eci, 'faults', { kind: 'no-stock', zone: 'cn-hangzhou-a' });
    const { ContainerGroupId: id } = await call(eci, 'CreateContainerGroup', both);
    expect(await group(eci, id)).toMatchObject({ ZoneId: 'cn-hangzhou-b', VSwitchId: 'vsw-b' });
    expect((await call(eci, 'CreateContainerGroup', { ...create, VSwitchId: 'vsw-a' })).Code).toBe(
      'OperationDenied.NoStock',
    );
    await panel(eci, 'faults', undefined, 'DELETE');
    await panel(eci, 'faults', { kind: 'no-stock', late: true });
    const { ContainerGroupId: late } = await call(eci, 'CreateContainerGroup', both);
    const failed = await eventually(async () => {
      const found = await group(eci, late);
      return found?.['Status'] === 'ScheduleFailed' ? found : undefined;
    });
    expect(failed).toMatchObject({ Events: [{ Reason: 'NoStock' }] });
  });

  it('tells of groups late', async () => {
    await using eci = await start();
    await panel(eci, 'faults', { kind: 'lag', ms: 300_000 });
    const { ContainerGroupId: id } = await call(eci, 'CreateContainerGroup', create);
    expect(await group(eci, id)).toBeUndefined();
    await panel(eci, 'faults', undefined, 'DELETE');
    expect(await group(eci, id)).toBeDefined();
  });

  it('takes a spot instance back after a notice, and not before its hour is over unless forced', async () => {
    await using eci = await start();
    const spot = { ...create, SpotStrategy: 'SpotAsPriceGo' };
    const { ContainerGroupId: id } = await call(eci, 'CreateContainerGroup', spot);
    expect(await panel(eci, `groups/${String(id)}/reclaim`, {})).toMatchObject({ body: { Code: 'IncorrectStatus' } });
    await eventually(async () => (await group(eci, id))?.['Status'] === 'Running');
    expect(await panel(eci, 'groups/web-1/reclaim', { force: true, noticeMs: 30 })).toMatchObject({ status: 200 });
    const gone = await eventually(async () => {
      const found = await group(eci, id);
      return found?.['Status'] === 'Expired' ? found : undefined;
    });
    expect(gone).toMatchObject({ SpotStrategy: 'SpotAsPriceGo', Discount: 30, ExpiredTime: expect.any(String) });
    expect(gone['Events']).toContainEqual(expect.objectContaining({ Reason: 'SpotToBeReleased' }));
  });

  it('has spot instances at the market’s price only', async () => {
    await using eci = await start();
    await panel(eci, 'faults', { kind: 'spot-price', share: 0.7 });
    const spot = { ...create, SpotStrategy: 'SpotWithPriceLimit' };
    // 2 vCPU and 4 GiB are 0.441 CNY an hour, 0.309 at that share.
    expect((await call(eci, 'CreateContainerGroup', { ...spot, SpotPriceLimit: '0.3' })).Code).toBe('Spot.NotMatched');
    expect((await call(eci, 'CreateContainerGroup', { ...spot, SpotPriceLimit: '0.31' })).Code).toBeUndefined();
    const small = { ...create, SpotStrategy: 'SpotAsPriceGo', Cpu: '1', Memory: '2' };
    expect((await call(eci, 'CreateContainerGroup', small)).Code).toBe('InvalidSpotCpuMemorySpec');
  });

  it('bills killed, deleted and running instances for as long as they were there', async () => {
    await using eci = await start();
    const running = async (): Promise<unknown> => {
      const { ContainerGroupId: id } = await call(eci, 'CreateContainerGroup', {
        ...create,
        InstanceType: 'ecs.g7.xlarge',
      });
      await eventually(async () => (await group(eci, id))?.['Status'] === 'Running');
      return id;
    };
    const [killed, deleted, kept] = [await running(), await running(), await running()];
    await panel(eci, `groups/${String(killed)}/kill`, {});
    expect(await group(eci, killed)).toMatchObject({
      Status: 'Failed',
      Cpu: 4,
      Memory: 16,
      InstanceType: 'ecs.g7.xlarge',
    });
    await panel(eci, `groups/${String(deleted)}/delete`, {});
    await eventually(async () => (await group(eci, deleted)) === undefined);
    const { body } = await panel(eci, 'bill?currency=CNY');
    const items = body['items'] as { groupId: string; seconds: number; amount: number; untilMs?: number }[];
    expect(new Set(items.map(({ groupId }) => groupId))).toEqual(new Set([killed, deleted, kept]));
    const perSecond = 4 * 0.000049 + 16 * 0.00000613;
    for (const { seconds, amount } of items) expect(amount).toBeCloseTo(seconds * perSecond, 9);
    expect(items.filter(({ untilMs }) => untilMs === undefined)).toHaveLength(1);
    const zone = String((await group(eci, kept))?.['ZoneId']);
    const halved = await panel(eci, `bill?coupons=ecs.g7.xlarge,${zone},3;ecs.c7.large,${zone}`);
    const halves = halved.body['items'] as { price: number; amount: number }[];
    for (const { price, amount } of halves) expect(amount).toBeCloseTo(price / 2, 9);
    expect((await panel(eci, 'bill?coupons=gift')).body).toMatchObject({ Code: 'InvalidParameter' });
  });

  it('bills what ran before a restart too, to the second', async () => {
    await using data = await makeFolder({});
    const bill = async (eci: LocalEci): Promise<Answer['body']['items']> => {
      return (await panel(eci, 'bill?currency=CNY')).body['items'];
    };
    let before: unknown;
    {
      await using eci = await start({ dataDir: data.path });
      const { ContainerGroupId: id } = await call(eci, 'CreateContainerGroup', create);
      await eventually(async () => (await group(eci, id))?.['Status'] === 'Running');
      await call(eci, 'DeleteContainerGroup', { ContainerGroupId: String(id) });
      await eventually(async () => (await group(eci, id)) === undefined);
      before = await bill(eci);
      expect(before).toHaveLength(1);
    }
    await using eci = await start({ dataDir: data.path });
    expect(await bill(eci)).toEqual(before);
  });
});

it('throttles an account that calls more often than ECI lets it', async () => {
  await using eci = await start({ limits: true });
  // 200 a minute, a tenth of them at once.
  const calls = Array.from({ length: 80 }, () => call(eci, 'CreateImageCache'));
  const codes = (await Promise.all(calls)).map(({ Code }) => Code);
  expect(codes.filter((code) => code !== 'Throttling').length).toBeGreaterThanOrEqual(20);
  expect(codes).toContain('Throttling');
  expect((await call(eci, 'DescribeRegions')).Code).toBeUndefined();
});
