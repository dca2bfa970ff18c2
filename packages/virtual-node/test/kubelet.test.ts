import { request } from 'node:https';
import type { KubeClient, Pod } from '@ebb/api';
import { silentLogger, systemClock } from '@ebb/base';
import { makeCertificates } from '@ebb/base/certificates';
import { eventually } from '@ebb/base/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startKubelet } from '../src/kubelet/kubelet-server.ts';
import { type TestCloud, makeGroup, startCloud } from './harness.ts';

const token = 'kubelet-token';
/** Not asked unless the options say so. */
const noClient = {} as KubeClient;

interface TestKubelet extends AsyncDisposable {
  readonly cloud: TestCloud;
  readonly id: string;
  readonly port: number;
  readonly get: (path: string, options?: GetOptions) => Promise<Answer>;
}

interface GetOptions {
  readonly token?: string;
  readonly method?: string;
  /** Client certificate and its key, as PEM texts. */
  readonly cert?: string;
  readonly key?: string;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** A kubelet with one pod, `default/web`, whose container runs the program. */
async function start(
  source: string,
  {
    restartPolicy = 'Never',
    status = {} as Pod['status'],
    clientCa = undefined as string | undefined,
    hasGroup = true,
  } = {},
): Promise<TestKubelet> {
  const cloud = await startCloud(source);
  const id = await cloud.eci.create(makeGroup({ restartPolicy }));
  const pod: Pod = {
    metadata: { namespace: 'default', name: 'web', uid: 'uid-1' },
    spec: { containers: [{ name: 'app', image: 'dev.local/app' }] },
    ...(status ? { status } : {}),
  };
  const kubelet = await startKubelet({
    host: '127.0.0.1',
    port: 0,
    token,
    clientCa,
    nodeName: 'node',
    client: noClient,
    usageAgeMs: 1000,
    eci: cloud.eci,
    pods: () => [pod],
    groupOf: () => (hasGroup ? id : undefined),
    clock: systemClock,
    logger: silentLogger,
  });
  return {
    cloud,
    id,
    port: kubelet.port,
    get: (path, options) => get(kubelet.port, path, options),
    [Symbol.asyncDispose]: async () => {
      await kubelet[Symbol.asyncDispose]();
      await cloud[Symbol.asyncDispose]();
    },
  };
}

function get(
  port: number,
  path: string,
  { token: bearer = token, method = 'GET', ...tls }: GetOptions = {},
): Promise<Answer> {
  const headers = { authorization: `Bearer ${bearer}` };
  return new Promise((resolve, reject) => {
    const call = request(
      { host: '127.0.0.1', port, path, method, headers, rejectUnauthorized: false, agent: false, ...tls },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
        );
      },
    );
    call.on('error', reject);
    call.end();
  });
}

const log = '/containerLogs/default/web/app';
const numbers = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, index) => `line ${from + index}\n`).join('');
const running = ({ cloud, id }: TestKubelet): Promise<true> =>
  eventually(async () => (await cloud.eci.describe([id]))[0]?.containers?.[0]?.currentState?.state === 'Running');
const ended = ({ cloud, id }: TestKubelet): Promise<true> =>
  eventually(async () => (await cloud.eci.describe([id]))[0]?.containers?.[0]?.currentState?.state === 'Terminated');

describe('the kubelet API', () => {
  /** For what needs no container of its own. */
  let shared: TestKubelet;
  beforeAll(async () => {
    shared = await start('');
  });
  afterAll(() => shared[Symbol.asyncDispose]());

  it('lets nobody in without the token', async () => {
    for (const path of ['/pods', log, '/nothing'])
      expect((await shared.get(path, { token: 'guess' })).status).toBe(401);
    expect(await shared.get('/healthz', { token: 'guess' })).toEqual({ status: 200, body: 'ok' });
    expect(JSON.parse((await shared.get('/pods')).body)).toMatchObject({
      kind: 'PodList',
      items: [{ metadata: { name: 'web' } }],
    });
  });

  it('lets in who shows a certificate of the right authority, and only them', async () => {
    const makeClient = async (): Promise<{ ca: string; cert: string; key: string }> => {
      const made = await makeCertificates({ commonName: 'apiserver', hosts: [], usage: 'client', now: Date.now() });
      return { ca: made.ca, cert: made.certificate, key: made.key };
    };
    const [ours, strange] = [await makeClient(), await makeClient()];
    await using kubelet = await start('', { clientCa: ours.ca });
    const ask = async ({ cert, key }: Pick<GetOptions, 'cert' | 'key'>): Promise<number> =>
      (await kubelet.get('/pods', { token: 'none', ...(cert && key ? { cert, key } : {}) })).status;
    expect([await ask(ours), await ask(strange), await ask({})]).toEqual([200, 401, 401]);
  });

  it.each([
    ['/nothing', 404],
    ['/containerLogs/default/web', 404],
    ['/containerLogs/default/web/app/more', 404],
    ['/containerLogs/default/other/app', 404],
    ['/containerLogs/default/web/other', 404],
    ['/containerLogs/%zz/%00/%', 404],
    [`${log}?tailLines=-1`, 400],
    [`${log}?tailLines=many`, 400],
    [`${log}?limitBytes=0`, 400],
    [`${log}?sinceSeconds=0`, 400],
    [`${log}?sinceTime=yesterday`, 400],
    [`${log}?sinceTime=2026-01-01T00:00:00Z&sinceSeconds=1`, 400],
    [`${log}?follow=perhaps`, 400],
    [`${log}?previous=true`, 400],
  ])('answers %s with %d', async (path, status) => {
    expect((await shared.get(path)).status).toBe(status);
  });

  it('takes no other method', async () => {
    expect((await shared.get(log, { method: 'POST' })).status).toBe(405);
  });

  it('gives a log whole, however long, or the part asked for', async () => {
    await using kubelet = await start(`for (let i = 0; i < 5000; i++) console.log('line ' + i);`);
    await ended(kubelet);
    expect((await kubelet.get(log)).body).toBe(numbers(0, 5000));
    expect((await kubelet.get(`${log}?tailLines=3`)).body).toBe(numbers(4997, 5000));
    expect((await kubelet.get(`${log}?tailLines=3000`)).body).toBe(numbers(2000, 5000));
    expect((await kubelet.get(`${log}?tailLines=0`)).body).toBe('');
    expect((await kubelet.get(`${log}?limitBytes=10`)).body).toBe('line 0\nlin');
    expect((await kubelet.get(`${log}?sinceTime=2020-01-01T00:00:00%2B01:00&tailLines=1`)).body).toBe('line 4999\n');
    expect((await kubelet.get(`${log}?sinceTime=2120-01-01T00:00:00Z`)).body).toBe('');
    expect((await kubelet.get(`${log}?timestamps=true&tailLines=1`)).body).toMatch(
      /^\d{4}-\d\d-\d\dT[\d:.]+Z line 4999\n$/,
    );
  });

  it('follows a log without a gap or a line twice, to its last word', async () => {
    const source = `
      let i = 0;
      const timer = setInterval(() => {
        for (let n = 0; n < 400; n++) console.log('line ' + i++);
        if (i >= 10_000) { clearInterval(timer); process.stdout.write('the end'); }
      }, 40);`;
    await using kubelet = await start(source);
    await running(kubelet);
    expect((await kubelet.get(`${log}?follow=true`)).body).toBe(`${numbers(0, 10_000)}the end\n`);
  });

  it('stops following when the container is started anew, with all of the run that ended', async () => {
    const source = `console.log('up'); setTimeout(() => { console.log('down'); process.exit(1); }, 700);`;
    await using kubelet = await start(source, { restartPolicy: 'Always' });
    await running(kubelet);
    expect((await kubelet.get(`${log}?follow=true`)).body).toBe('up\ndown\n');
  });

  it('follows from the end only, if told so', async () => {
    const source = `console.log('before'); setTimeout(() => console.log('after'), 1000);`;
    await using kubelet = await start(source);
    await eventually(async () => (await kubelet.get(log)).body === 'before\n');
    expect((await kubelet.get(`${log}?follow=true&tailLines=0`)).body).toBe('after\n');
  });

  it('goes on well when a follower leaves in the middle', async () => {
    await using kubelet = await start(`console.log('up'); setInterval(() => {}, 1000)`);
    await running(kubelet);
    const headers = { authorization: `Bearer ${token}` };
    const options = {
      host: '127.0.0.1',
      port: kubelet.port,
      path: `${log}?follow=true`,
      headers,
      rejectUnauthorized: false,
    };
    const first = await new Promise<string>((resolve, reject) => {
      const call = request({ ...options, agent: false }, (response) => {
        response.once('data', (chunk: Buffer) => {
          resolve(chunk.toString('utf8'));
          response.destroy();
        });
      });
      call.on('error', reject);
      call.end();
    });
    expect(first).toBe('up\n');
    expect((await kubelet.get(log)).body).toBe('up\n');
  });

  it('says that a container has not begun', async () => {
    const waiting = {
      name: 'app',
      image: 'i',
      imageID: '',
      ready: false,
      restartCount: 0,
      state: { waiting: { reason: 'ErrImagePull' } },
    };
    await using kubelet = await start('', { status: { phase: 'Pending', containerStatuses: [waiting] } });
    expect(await kubelet.get(log)).toEqual({
      status: 400,
      body: `container "app" in pod "web" is waiting to start: image can't be pulled\n`,
    });
  });

  it('says that the log of a container is gone with its group', async () => {
    const ended = { name: 'app', image: 'i', imageID: '', ready: false, restartCount: 0 };
    const status = {
      phase: 'Failed' as const,
      containerStatuses: [{ ...ended, containerID: 'eci://eci-1-app-0', state: { terminated: { exitCode: 137 } } }],
    };
    await using kubelet = await start('', { status, hasGroup: false });
    expect(await kubelet.get(log)).toEqual({
      status: 400,
      body: 'unable to retrieve container logs for eci://eci-1-app-0: they went with its container group\n',
    });
  });
});
