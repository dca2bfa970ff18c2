import { createRequire } from 'node:module';
import type * as sdkModule from '@alicloud/eci20180808';
import { Config, OpenApiRequest, Params } from '@alicloud/openapi-client';
import { RuntimeOptions } from '@alicloud/tea-util';
import { eventually } from '@ebb/base/testing';
import { testAccessKey, testPanelToken } from '@ebb/local-eci/testing';
import { describe, expect, it } from 'vitest';
import { type CreateGroup, createEci } from '../src/eci/eci.ts';
import type { EciError } from '../src/eci/error.ts';
import { makeGroup, startCloud } from './harness.ts';

const sdk = createRequire(import.meta.url)('@alicloud/eci20180808') as (typeof sdkModule)['default'];
const keepRunning = 'setInterval(() => {}, 1000)';

describe('the client of ECI', () => {
  it('makes one group of one token, lists it with its tags, and deletes it', async () => {
    await using cloud = await startCloud(keepRunning);
    const group = makeGroup({ clientToken: 'uid-1' });
    const [id, again] = [await cloud.eci.create(group), await cloud.eci.create(group)];
    expect(again).toBe(id);
    await eventually(async () => (await cloud.eci.describe([id]))[0]?.status === 'Running');
    const [listed] = await cloud.eci.list({ UID: 'uid-1' });
    expect(listed).toMatchObject({
      containerGroupId: id,
      tags: [{ key: 'UID', value: 'uid-1' }],
      intranetIp: '127.0.0.1',
    });
    expect(await cloud.eci.list({ UID: 'other' })).toEqual([]);
    await cloud.eci.delete(id);
    await eventually(async () => (await cloud.eci.describe([id])).length === 0);
  });

  it('sends what is younger than the SDK, too', async () => {
    await using cloud = await startCloud(keepRunning);
    const wish = { cpu: 0.5, memory: 1, computeCategory: ['economy', 'general'], gpuDriverVersion: 'tesla=1' };
    await cloud.eci.create(makeGroup({ ...wish, maxPendingMinute: 30 }));
    const client = new sdk.default(
      new Config({
        endpoint: cloud.local.endpoint,
        protocol: 'http',
        regionId: cloud.local.regionId,
        ...testAccessKey,
      }),
    );
    const params = { action: 'DescribeContainerGroups', version: '2018-08-08', protocol: 'HTTP', pathname: '/' };
    const how = { method: 'POST', authType: 'AK', style: 'RPC', reqBodyType: 'formData', bodyType: 'json' };
    const query = { RegionId: cloud.local.regionId };
    const { body } = (await client.callApi(
      new Params({ ...params, ...how }),
      new OpenApiRequest({ query }),
      new RuntimeOptions({}),
    )) as { body: { ContainerGroups: object[] } };
    expect(body.ContainerGroups).toMatchObject([
      { ComputeCategory: 'economy', MaxPendingMinute: 30, GpuDriverVersion: 'tesla=1', Cpu: 0.5, Memory: 1 },
    ]);
    const refused = cloud.eci.create(makeGroup({ cpu: 16, memory: 32, computeCategory: ['economy'] }));
    await expect(refused).rejects.toMatchObject({ code: 'InvalidParameter.CPU.Memory', remedy: 'change-request' });
  });

  it('is the same to an ECI in its own process', async () => {
    await using cloud = await startCloud(keepRunning);
    const { endpoint, regionId, call } = cloud.local;
    // Nothing here goes to the endpoint: nobody answers there.
    const access = { endpoint: '127.0.0.1:1', protocol: 'http', regionId, ...testAccessKey, call } as const;
    const eci = createEci(access);
    const wish = { clientToken: 'uid-1', maxPendingMinute: 30 };
    const id = await eci.create(makeGroup(wish));
    expect(await cloud.eci.create(makeGroup(wish))).toBe(id);
    await eventually(async () => (await eci.describe([id]))[0]?.status === 'Running');
    const both = [eci, cloud.eci];
    const [direct, sent] = await Promise.all(both.map((each) => each.describe([id])));
    expect(JSON.stringify(direct)).toBe(JSON.stringify(sent));
    expect(await eci.statuses({ UID: 'uid-1' })).toEqual(await cloud.eci.statuses({ UID: 'uid-1' }));

    for (const refused of [makeGroup({ cpu: 1000, memory: 4000 }), makeGroup({ restartPolicy: 'Perhaps' })]) {
      const [here, there] = await Promise.all(
        both.map((each) => each.create(refused).catch((error: unknown) => error)),
      );
      expect(here).toMatchObject(sayingOf(there));
    }
    await fetch(`http://${endpoint}/ebb/faults`, {
      method: 'POST',
      headers: { authorization: `Bearer ${testPanelToken}` },
      body: JSON.stringify({ kind: 'lost-answer', action: 'DeleteContainerGroup', times: 1 }),
    });
    await expect(eci.delete(id)).rejects.toMatchObject({ code: 'ECONNRESET', remedy: 'back-off' });
    await eventually(async () => (await eci.describe([id])).length === 0);
    await cloud.local.close();
    await expect(eci.list({})).rejects.toMatchObject({ code: 'ServiceUnavailable', remedy: 'back-off' });
  });

  it('lists more groups than fit a page', async () => {
    await using cloud = await startCloud(keepRunning);
    const container = [{ name: 'app', image: 'docker.io/none' }];
    const ids = await Promise.all(Array.from({ length: 45 }, () => cloud.eci.create(makeGroup({ container }))));
    const listed = await cloud.eci.list({});
    expect(new Set(listed.map(({ containerGroupId }) => containerGroupId))).toEqual(new Set(ids));
  });

  it('carries environment, probes and files as they are', async () => {
    await using cloud = await startCloud(
      `console.log(JSON.stringify([process.env.TEXT, process.env.EMPTY, process.env.IP])); ${keepRunning}`,
    );
    const text = `a b+c&d=e%20/?#[]'"~!*()é\n漢`;
    const id = await cloud.eci.create(
      makeGroup({
        container: [
          {
            name: 'app',
            image: 'dev.local/app',
            environmentVar: [
              { key: 'TEXT', value: text },
              { key: 'EMPTY', value: '' },
              { key: 'IP', fieldRef: { fieldPath: 'status.podIP' } },
            ],
            readinessProbe: { exec: { command: ['/bin/sh', '-c', 'test -n "$TEXT"'] }, periodSeconds: 1 },
            volumeMount: [{ name: 'files', mountPath: '/files' }],
          },
        ],
        volume: [
          {
            name: 'files',
            type: 'ConfigFileVolume',
            configFileVolume: {
              configFileToPath: [{ path: 'big', content: Buffer.alloc(45_000, 7).toString('base64') }],
            },
          },
        ],
      }),
    );
    await eventually(async () => (await cloud.eci.describe([id]))[0]?.containers?.[0]?.ready);
    const line = await eventually(
      async () => /\[.*\]/.exec(await cloud.eci.log({ groupId: id, container: 'app' }))?.[0],
    );
    expect(JSON.parse(line)).toEqual([text, '', '127.0.0.1']);
  });

  it('gives a file that comes while its group runs the mode it is to have', async () => {
    await using cloud = await startCloud(
      `import { existsSync, statSync } from 'node:fs';
      const path = process.env.EBB_MOUNT_1 + '/late';
      setInterval(() => existsSync(path) && console.log('mode', (statSync(path).mode & 0o777).toString(8)), 50);`,
    );
    const volumeMount = [{ name: 'files', mountPath: '/files' }];
    const filesOf = (path: string, mode: number): NonNullable<CreateGroup['volume']> => {
      const configFileToPath = [{ path, mode, content: Buffer.from('text').toString('base64') }];
      return [{ name: 'files', type: 'ConfigFileVolume', configFileVolume: { configFileToPath } }];
    };
    const container = [{ name: 'app', image: 'dev.local/app', volumeMount }];
    const id = await cloud.eci.create(makeGroup({ container, volume: filesOf('early', 0o644) }));
    await eventually(async () => (await cloud.eci.describe([id]))[0]?.status === 'Running');
    await cloud.eci.updateVolumes(id, filesOf('late', 0o400));
    const logged = (): Promise<string> => cloud.eci.log({ groupId: id, container: 'app' });
    expect(await eventually(async () => /mode \d+/.exec(await logged())?.[0])).toBe('mode 400');
  });

  it('tells refusals by ECI’s code, and what to do about them', async () => {
    await using cloud = await startCloud();
    const wrong = makeGroup({ containerGroupName: 'No Name' });
    await expect(cloud.eci.create(wrong)).rejects.toMatchObject({ code: 'InvalidParameter', remedy: 'change-request' });
    const { endpoint, regionId } = cloud.local;
    const stranger = createEci({ endpoint, protocol: 'http', regionId, ...testAccessKey, accessKeySecret: 'wrong' });
    await expect(stranger.list({})).rejects.toMatchObject({ code: 'SignatureDoesNotMatch' });
  });

  it('finds nobody at home, and says so', async () => {
    const cloud = await startCloud();
    await cloud[Symbol.asyncDispose]();
    await expect(cloud.eci.list({})).rejects.toMatchObject({ name: 'EciError', remedy: 'back-off' });
  });
});

describe('the official SDK', () => {
  it.each(['ACS3-HMAC-SHA256', 'v2'])(
    'is understood by the local ECI with signature %s',
    async (signatureAlgorithm) => {
      await using cloud = await startCloud(keepRunning);
      const { endpoint, regionId } = cloud.local;
      const client = new sdk.default(
        new Config({ endpoint, protocol: 'http', regionId, ...testAccessKey, signatureAlgorithm }),
      );
      const id = await cloud.eci.create(makeGroup());
      const status = await eventually(async () => {
        const { body } = await client.describeContainerGroupStatus(
          new sdk.DescribeContainerGroupStatusRequest({ regionId }),
        );
        return body?.data?.find((each) => each.status === 'Running');
      });
      const [container] = status.podStatus?.containerStatuses ?? [];
      expect(status).toMatchObject({ containerGroupId: id, podStatus: { phase: 'Running', podIp: '127.0.0.1' } });
      expect(container?.state?.running?.startedAtstartedAt).toMatch(/^\d{4}-.*Z$/);
      const { body: regions } = await client.describeRegions(new sdk.DescribeRegionsRequest({}));
      expect(regions?.regions?.[0]?.regionId).toBe(regionId);
      const { body: usage } = await client.listUsage(new sdk.ListUsageRequest({ regionId }));
      expect(usage?.attributes?.['UsedCpu']).toBe(2);
      const exec = {
        regionId,
        containerGroupId: id,
        containerName: 'app',
        command: '["/bin/echo","hi there"]',
        sync: true,
      };
      const { body } = await client.execContainerCommand(new sdk.ExecContainerCommandRequest(exec));
      expect(body?.syncResponse).toBe('hi there\n');
      await client.restartContainerGroup(new sdk.RestartContainerGroupRequest({ regionId, containerGroupId: id }));
      const { body: events } = await client.describeContainerGroupEvents(
        new sdk.DescribeContainerGroupEventsRequest({ regionId }),
      );
      expect(events?.data?.[0]?.events?.map(({ reason }) => reason)).toContain('Started');
    },
  );
});

function sayingOf(error: unknown): object {
  const { name, code, remedy, message } = error as EciError;
  return { name, code, remedy, message };
}
