import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../program.ts';

const manifest = `
apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: shop }
spec:
  template:
    spec:
      containerConcurrency: 1
      containers: [{ image: dev.local/shop, resources: { requests: { cpu: 900m, memory: 1Gi } } }]
`;

describe('ebb simulate', () => {
  let cwd: string;
  beforeAll(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'ebb-simulate-'));
    await writeFile(join(cwd, 'shop.yaml'), manifest);
    const unquoted = manifest.replace(
      'template:',
      'template:\n    metadata: { annotations: { autoscaling.knative.dev/target: 10 } }',
    );
    await writeFile(join(cwd, 'unquoted.yaml'), unquoted);
    await writeFile(join(cwd, 'requests.csv'), 'time,tokens\n0,100\n30,10\n30.5,10\n');
    await writeFile(join(cwd, 'holes.csv'), 'time,rps\n0,1\n60,\n');
  });
  afterAll(() => rm(cwd, { recursive: true, force: true }));

  const ebb = async (...args: readonly string[]): Promise<{ code: number; out: string; err: string }> => {
    const told = { out: '', err: '' };
    const code = await runProgram(['simulate', '-s', 'shop.yaml', ...args], {
      out: (text) => void (told.out += text),
      err: (text) => void (told.err += text),
      exit: (status) => {
        throw new Error(`exit ${status}`);
      },
      env: {},
      cwd,
      color: false,
    });
    return { code, ...told };
  };

  it('tells how each variant did, and draws it', async () => {
    const model = '-t requests.csv --service-time column:tokens*20ms+50ms --start-up 4s --plot out.svg';
    const hours = 'hours:ebb.dev/schedule=* * * * * min 2,window=6s';
    const variants = ['--variant', 'precise:class=mpa,window=6s', '--variant', hours];
    const { code, out, err } = await ebb(...model.split(' '), ...variants);
    expect([code, err]).toEqual([0, '']);
    const rows = new Map(
      out
        .trimEnd()
        .split('\n')
        .map((line): [string, string] => [line.slice(0, 17).trim(), line.slice(19)]),
    );
    expect(rows.get('')).toMatch(/^as it is +precise +hours$/);
    expect(rows.get('served')).toMatch(/^3 +3 +3$/);
    expect(rows.get('cold starts')).toMatch(/^1 +2 +1$/);
    // 1 vCPU and 2 GiB, which is what ECI makes of 0.9 and 1: 0.00006126 CNY a second.
    const [seconds = 0] = (rows.get('instance-seconds') ?? '').split(/ +/).map(Number);
    expect(rows.get('cost, CNY')?.startsWith((seconds * 0.000_061_26).toFixed(4))).toBe(true);
    expect(await readFile(join(cwd, 'out.svg'), 'utf8')).toMatch(/^<svg .*shop: requests\.csv/s);
  });

  it.each([
    [['-g', 'steady', '--set', 'windo=6s'], 'windo=6s: no such key'],
    [['-g', 'steady', '--set', 'window=1s'], 'window=1s: expected 6s <= 1s <= 1h0m0s: autoscaling.knative.dev/window'],
    [['-g', 'steady', '--set', 'class=hpa'], 'needs --cpu'],
    [['-g', 'steady', '--set', 'config.stable-window=1s'], 'config-autoscaler: '],
    [['-g', 'steady', '--set', 'config.stable-windo=60s'], 'config-autoscaler has no key stable-windo'],
    [['-g', 'steady', '--set', 'class=mine'], "class mine is none of Ebb's"],
    [['-g', 'steady', '--set', 'containerConcurrency=1001'], 'containerConcurrency = 1001, must be within [0, 1000]'],
    [['-g', 'steady', '-s', 'unquoted.yaml'], 'cannot decode a number into field'],
    [['-g', 'steady', '--variant', 'a'], '--variant a: must be name:key=value'],
    [['-g', 'steady', '--variant', 'a:target=1', '--variant', 'a:target=2'], 'two variants are called a'],
    [['-g', 'steady', '--service-time', 'often'], '--service-time = often'],
    [['-g', 'steady', '--service-time', 'column:tokens*x'], 'must be as in column:'],
    [['-g', 'steady', '--skip', '1h'], 'shorter than the trace, which lasts 3600 s'],
    [['-t', 'holes.csv'], 'holes.csv: line 3: a hole: an empty cell'],
    [['-t', 'absent.csv'], 'cannot read absent.csv'],
    [[], 'give either --trace or --generate'],
  ])('refuses %j in one line', async (args, message) => {
    const { code, out, err } = await ebb(...args);
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain(message);
    expect(err.trim()).not.toContain('\n');
  });
});
