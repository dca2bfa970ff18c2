import { createHmac, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Pod, resources } from '@ebb/api';
import { silentLogger, systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import { createSimulatedRuntime } from '@ebb/local-eci';
import { expect, it } from 'vitest';
import { startPlatform } from '../src/platform/platform.ts';
import { runProgram } from '../src/program.ts';

const tools = { clock: systemClock, logger: silentLogger, random: Math.random };

it('shows instances, lets things go wrong, and tells what was spent', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ebb-cli-'));
  const port = { port: 20_000 + Math.floor(Math.random() * 20_000), strict: false };
  const timing = { schedulingMs: 0, pendingMs: 0, terminatingMs: 0 };
  const runtime = createSimulatedRuntime({ ...tools, timing });
  const platform = await startPlatform({ ...tools, gateway: port, api: port, domain: 'localhost', runtime });
  try {
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(kubeconfig, platform.kubeconfig);
    const ebb = async (...args: string[]): Promise<string> => {
      let said = '';
      const say = (text: string): void => void (said += text);
      const io = { out: say, err: say, exit: () => {}, env: { HOME: folder }, cwd: folder, color: false };
      await runProgram([...args, '--kubeconfig', kubeconfig], io);
      return said;
    };
    const namespace = 'default';
    const make = (name: string): Promise<Pod> =>
      platform.client.create(resources.pods, {
        metadata: { namespace, name, annotations: { 'k8s.aliyun.com/eci-use-specs': 'ecs.g7.xlarge' } },
        spec: { containers: [{ name: 'c', image: 'dev.local/any' }] },
      } as Pod);
    const { data = {} } = await platform.client.get(resources.secrets, {
      namespace: 'knative-serving',
      name: 'ebb-local-eci',
    });
    expect(await describeRegions(data)).toMatchObject({ Regions: [{ RegionId: 'local' }] });
    await make('first');
    await eventually(async () => /default\/first +Running +local-a +ecs\.g7\.xlarge/.test(await ebb('eci', 'list')));

    expect(await ebb('eci', 'fault', 'add', 'no-stock', '--zone', 'local-a')).toBe('f1 added\n');
    expect(await ebb('eci', 'fault', 'list')).toMatch(/f1 +no-stock +0 +zone=local-a/);
    await make('second');
    const waits = async (): Promise<boolean> => {
      const { status } = await platform.client.get(resources.pods, { namespace, name: 'second' });
      return status?.conditions?.some(({ reason }) => reason === 'Unschedulable') ?? false;
    };
    await eventually(waits);
    expect(await ebb('eci', 'fault', 'clear', 'f9')).toMatch(/there is no fault f9/);
    expect(await ebb('eci', 'fault', 'clear')).toBe('1 cleared\n');
    expect(await ebb('eci', 'fault', 'add', 'flood')).toMatch(/kind is not valid: must be one of error, delay/);

    expect(await ebb('eci', 'reclaim', 'first', '--force')).toMatch(/is no spot instance/);
    expect(await ebb('eci', 'kill', 'first')).toMatch(/of default\/first: Failed/);
    expect(await ebb('eci', 'kill', 'first')).toMatch(/no running group or pod first/);
    const cost = await ebb('cost', '--by', 'pod');
    expect(cost).toMatch(
      /POD +INSTANCES +SECONDS +COUPONS +CNY\ndefault\/first +1 +\d+ +0\.000000 +0\.\d{6}\ntotal +1 /,
    );
    const [, seconds, amount] = /total +1 +(\d+) +\S+ +(\S+)/.exec(cost) ?? [];
    expect(Number(amount)).toBeCloseTo(Number(seconds) * (4 * 0.000049 + 16 * 0.00000613), 6);
    expect(JSON.parse(await ebb('cost', '-o', 'json', '--currency', 'USD'))).toMatchObject({ currency: 'USD' });
  } finally {
    await platform[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  }
});

/** What anybody's client does with the key in the Secret, by the classic signature. */
async function describeRegions(secret: Readonly<Record<string, string>>): Promise<unknown> {
  const told = (name: string): string => Buffer.from(secret[name] ?? '', 'base64').toString();
  const query = new URLSearchParams({
    AccessKeyId: told('accessKeyId'),
    Action: 'DescribeRegions',
    Format: 'JSON',
    RegionId: told('regionId'),
    SignatureMethod: 'HMAC-SHA1',
    SignatureNonce: randomUUID(),
    SignatureVersion: '1.0',
    Timestamp: `${new Date().toISOString().slice(0, 19)}Z`,
    Version: '2018-08-08',
  });
  const text = `GET&%2F&${encodeURIComponent(query.toString())}`;
  query.set(
    'Signature',
    createHmac('sha1', `${told('accessKeySecret')}&`)
      .update(text)
      .digest('base64'),
  );
  return (await fetch(`http://${told('endpoint')}/?${query.toString()}`)).json();
}
