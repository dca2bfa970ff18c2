import { silentLogger } from '@ebb/base';
import { FakeClock, eventually } from '@ebb/base/testing';
import { describe, expect, it } from 'vitest';
import {
  type LocalEci,
  type Runtime,
  type SimulatedTiming,
  createLocalEci,
  createSimulatedRuntime,
} from '../src/index.ts';
import { testAccessKey, testPanelToken } from '../src/testing.ts';

const minute = 60_000;
const region = { RegionId: 'cn-hangzhou' };
const web = { ...region, ContainerGroupName: 'web', 'Container.1.Name': 'web', 'Container.1.Image': 'x' };

const instant = { schedulingMs: 0, pendingMs: 0, terminatingMs: 0 };

function start(clock: FakeClock, { timing, runtime }: Options = {}): Promise<LocalEci> {
  const simulated = (): Runtime =>
    createSimulatedRuntime({ clock, random: () => 0.5, timing: { ...instant, ...timing } });
  const tools = { clock, logger: silentLogger, panelToken: testPanelToken };
  return createLocalEci({ credentials: testAccessKey, runtime: runtime ?? simulated(), ...tools });
}

interface Options {
  readonly timing?: Partial<SimulatedTiming>;
  readonly runtime?: Runtime;
}

async function theGroup(eci: LocalEci): Promise<Record<string, unknown> | undefined> {
  const answer = (await eci.call('DescribeContainerGroups', region)) as { ContainerGroups: Record<string, unknown>[] };
  return answer.ContainerGroups[0];
}

async function becomes(eci: LocalEci, clock: FakeClock, status: string): Promise<void> {
  await eventually(async () => {
    await clock.advance(1);
    return (await theGroup(eci))?.['Status'] === status;
  });
}

const fault = (eci: LocalEci, body: object): Promise<Response> =>
  fetch(`http://${eci.endpoint}/ebb/faults`, {
    method: 'POST',
    headers: { authorization: `Bearer ${testPanelToken}` },
    body: JSON.stringify(body),
  });

describe('what time does to an instance', () => {
  it('gives up one that is pending for longer than was allowed', async () => {
    const clock = new FakeClock();
    await using eci = await start(clock, { timing: { pendingMs: 24 * 60 * minute } });
    await eci.call('CreateContainerGroup', { ...web, MaxPendingMinute: '10' });
    await becomes(eci, clock, 'Pending');
    await clock.advance(9 * minute);
    expect(await theGroup(eci)).toMatchObject({ Status: 'Pending' });
    await clock.advance(minute);
    expect(await theGroup(eci)).toMatchObject({ Status: 'Failed', Events: [{ Reason: 'PendingTimeout' }] });
  });

  it('takes spot instances back when the market would not give them again, and not within their hour', async () => {
    const clock = new FakeClock();
    await using eci = await start(clock);
    // 2 vCPU and 4 GiB are 0.441 CNY an hour.
    const spot = { SpotStrategy: 'SpotWithPriceLimit', SpotPriceLimit: '0.2', SpotDuration: '1' };
    await eci.call('CreateContainerGroup', { ...web, ...spot });
    await becomes(eci, clock, 'Running');
    await fault(eci, { kind: 'spot-price', share: 0.6 });
    await clock.advance(59 * minute);
    expect(await theGroup(eci)).toMatchObject({ Status: 'Running', Events: [] });
    await clock.advance(2 * minute);
    expect(await theGroup(eci)).toMatchObject({ Status: 'Running', Events: [{ Reason: 'SpotToBeReleased' }] });
    await clock.advance(3 * minute);
    expect(await theGroup(eci)).toMatchObject({ Status: 'Expired' });
  });

  it('tells that an instance is restarting, until its containers are on their way', async () => {
    const clock = new FakeClock();
    const simulated = createSimulatedRuntime({ clock, random: () => 0.5, timing: instant });
    let onItsWay = (): void => {};
    const restart = (): Promise<void> => new Promise((resolve) => (onItsWay = resolve));
    const create: Runtime['create'] = (...group) =>
      Object.assign(simulated.create(...group), { restart, stop: () => Promise.resolve() });
    await using eci = await start(clock, { runtime: { create, close: () => simulated.close() } });
    const { ContainerGroupId = '' } = (await eci.call('CreateContainerGroup', web)) as { ContainerGroupId?: string };
    await becomes(eci, clock, 'Running');
    await eci.call('RestartContainerGroup', { ...region, ContainerGroupId });
    expect(await theGroup(eci)).toMatchObject({ Status: 'Restarting' });
    onItsWay();
    await becomes(eci, clock, 'Running');
  });
});
