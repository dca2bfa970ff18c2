import { request } from 'node:https';
import type { KubeClient, Pod } from '@ebb/api';
import { silentLogger, systemClock } from '@ebb/base';
import { makeCertificates } from '@ebb/base/certificates';
import { eventually } from '@ebb/base/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Eci } from '../src/eci/eci.ts';
import { type KubeletServer, startKubelet } from '../src/kubelet/kubelet-server.ts';
import { type TestCloud, makeGroup, startCloud } from './harness.ts';

const token = 'kubelet-token';
const bearer = (text: string): Record<string, string> => ({ authorization: `Bearer ${text}` });

/** Answers with what it is sent; says what it hears. */
const source = `
import { createServer } from 'node:http';
createServer((request, response) => request.pipe(response)).listen(Number(process.env.PORT));
process.stdin.on('data', (line) => console.log('heard ' + line));
console.log('up');`;

let cloud: TestCloud;
let pod: Pod;
let id: string;
let servers: KubeletServer[];

beforeAll(async () => {
  cloud = await startCloud(source);
  const [container] = makeGroup().container ?? [];
  id = await cloud.eci.create(makeGroup({ container: [{ ...container, stdin: true }] }));
  const running = { state: { running: { startedAt: '2026-01-01T00:00:00Z' } } };
  pod = {
    metadata: { namespace: 'default', name: 'web', uid: 'uid-1' },
    spec: { containers: [{ name: 'app', image: 'dev.local/app', ports: [{ containerPort: 8080 }] }] },
    status: {
      phase: 'Running',
      podIP: '127.0.0.1',
      containerStatuses: [{ name: 'app', ready: true, restartCount: 0, ...running }],
    },
  } as Pod;
  servers = [];
  await eventually(async () => (await cloud.eci.log({ groupId: id, container: 'app' })).includes('up'));
});
afterAll(async () => {
  for (const server of servers) await server[Symbol.asyncDispose]();
  await cloud[Symbol.asyncDispose]();
});

async function start(options: Partial<Parameters<typeof startKubelet>[0]> = {}): Promise<number> {
  const server = await startKubelet({
    host: '127.0.0.1',
    port: 0,
    token,
    nodeName: 'node',
    client: {} as KubeClient,
    usageAgeMs: 0,
    eci: cloud.eci,
    pods: () => [pod],
    groupOf: () => id,
    clock: systemClock,
    logger: silentLogger,
    ...options,
  });
  servers.push(server);
  return server.port;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

function ask(port: number, path: string, options: object = { headers: bearer(token) }): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request(
      { host: '127.0.0.1', port, path, rejectUnauthorized: false, agent: false, ...options },
      (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      },
    );
    call.once('upgrade', (_response, socket) => {
      socket.destroy();
      resolve({ status: 101, body: '' });
    });
    call.once('error', reject);
    call.end();
  });
}

/** A WebSocket and the messages that came over it. */
async function join(
  port: number,
  path: string,
  protocol: string,
): Promise<{ readonly socket: WebSocket; readonly messages: Buffer[]; readonly closed: Promise<unknown> }> {
  const socket = new WebSocket(`wss://127.0.0.1:${port}${path}`, protocol, {
    rejectUnauthorized: false,
    headers: bearer(token),
  });
  const messages: Buffer[] = [];
  socket.on('message', (message) => messages.push(message as Buffer));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return { socket, messages, closed };
}

const exec = '/exec/default/web/app';
const upgrade = (protocol: string, more: object = {}): object => ({
  headers: { ...bearer(token), connection: 'Upgrade', upgrade: protocol, ...more },
});

describe('who may call a kubelet', () => {
  /** An API server that knows `anna`, who may read figures, and lets the API server do everything. */
  const calls: string[] = [];
  const client = {
    create: ({ kind }: { kind: string }, { spec }: { spec: Record<string, never> }) => {
      if (kind === 'CertificateSigningRequest') return Promise.reject(new Error('nobody signs here'));
      calls.push(kind);
      if (kind === 'TokenReview') {
        const known = spec['token'] === 'annas';
        return Promise.resolve({ status: { authenticated: known, user: { username: 'anna', groups: ['people'] } } });
      }
      const { user, resourceAttributes } = spec as unknown as {
        user: string;
        resourceAttributes: { subresource: string };
      };
      const allowed = user === 'kube-apiserver' || resourceAttributes.subresource === 'metrics';
      return Promise.resolve({ status: { allowed } });
    },
  } as unknown as KubeClient;

  it('is for the API server to say, which is asked once for each', async () => {
    const made = await makeCertificates({ commonName: 'kube-apiserver', hosts: [], usage: 'client', now: Date.now() });
    const port = await start({ client, askApiServer: true, clientCa: made.ca });
    const anna = { headers: bearer('annas') };
    const certificate = { cert: made.certificate, key: made.key };
    expect(await ask(port, '/metrics', anna)).toMatchObject({ status: 200 });
    expect(await ask(port, '/metrics/resource', anna)).toMatchObject({ status: 200 });
    expect(calls).toEqual(['TokenReview', 'SubjectAccessReview']);
    expect(await ask(port, '/pods', anna)).toEqual({
      status: 403,
      body: 'Forbidden (user=anna, verb=get, resource=nodes, subresource(s)=[proxy])\n',
    });
    expect(await ask(port, '/stats/summary', anna)).toMatchObject({ status: 403 });
    expect(await ask(port, exec, { ...upgrade('SPDY/3.1', bearer('annas')), method: 'POST' })).toMatchObject({
      status: 403,
    });
    expect(await ask(port, exec, upgrade('SPDY/3.1', bearer('guess')))).toEqual({ status: 401, body: 'Unauthorized' });
    expect(await ask(port, '/pods', certificate)).toMatchObject({ status: 200 });
    expect(await ask(port, '/pods')).toMatchObject({ status: 200 });
  });

  it('is not known while the API server cannot be asked, and is asked again', async () => {
    let isDown = true;
    const create = (...args: Parameters<KubeClient['create']>): Promise<unknown> =>
      isDown ? Promise.reject(new Error('no route')) : client.create(...args);
    const port = await start({ client: { create } as unknown as KubeClient, askApiServer: true });
    const anna = { headers: bearer('annas') };
    expect(await ask(port, '/metrics', anna)).toEqual({ status: 500, body: 'Authentication error: no route\n' });
    isDown = false;
    expect(await ask(port, '/metrics', anna)).toMatchObject({ status: 200 });
  });
});

describe('a session at a kubelet', () => {
  let port: number;
  beforeAll(async () => {
    port = await start();
  });

  it.each([
    [
      'of a pod that is not there',
      '/exec/default/other/app?command=ls&output=1',
      'SPDY/3.1',
      404,
      'pod does not exist',
    ],
    [
      'of a container that is not there',
      '/exec/default/web/other?command=ls&output=1',
      'SPDY/3.1',
      500,
      'container not found ("other")',
    ],
    ['without a stream', `${exec}?command=ls`, 'SPDY/3.1', 400, 'you must specify at least 1 of stdin, stdout, stderr'],
    ['in another protocol', `${exec}?command=ls&output=1`, 'h2c', 400, /^unable to upgrade: missing upgrade headers/],
    ['at no place for one', '/exec/default/web', 'SPDY/3.1', 404, '404 page not found'],
    ['attaching to nothing', '/attach/default/web/other?output=1', 'SPDY/3.1', 500, 'container not found ("other")'],
    ['forwarding to nothing', '/portForward/default/other', 'SPDY/3.1', 404, 'pod does not exist'],
    ['forwarding without a port', '/portForward/default/web', 'websocket', 400, 'query parameter "port" is required'],
  ])('%s is refused', async (_what, path, protocol, status, body) => {
    const answer = await ask(port, path, { ...upgrade(protocol), method: 'POST' });
    expect(answer.status).toBe(status);
    expect(answer.body).toMatch(body);
  });

  it('is refused without a protocol in common, and begins with one, or with none named', async () => {
    const path = `${exec}?command=ls&output=1`;
    const wrong = { 'x-stream-protocol-version': 'v9.channel.k8s.io' };
    expect(await ask(port, path, upgrade('SPDY/3.1', wrong))).toMatchObject({ status: 403 });
    const right = { 'x-stream-protocol-version': 'v9.channel.k8s.io, v4.channel.k8s.io' };
    expect(await ask(port, path, upgrade('SPDY/3.1', right))).toMatchObject({ status: 101 });
    expect(await ask(port, path, upgrade('SPDY/3.1'))).toMatchObject({ status: 101 });
    expect(await ask(port, path)).toMatchObject({ status: 400, body: expect.stringMatching(/^unable to upgrade/) });
  });

  it.each(['v5.channel.k8s.io', 'v4.channel.k8s.io', 'v4.base64.channel.k8s.io', 'channel.k8s.io'])(
    'speaks %s',
    async (protocol) => {
      const script = encodeURIComponent('read line; echo got $line; exit 3');
      const { socket, messages, closed } = await join(
        port,
        `${exec}?command=sh&command=-c&command=${script}&input=1&output=1`,
        protocol,
      );
      const isBase64 = protocol.includes('base64');
      socket.send(isBase64 ? `0${Buffer.from('hello\n').toString('base64')}` : Buffer.from('\0hello\n'));
      await closed;
      const read = (message: Buffer): string =>
        isBase64
          ? `${message.toString()[0]} ${Buffer.from(message.toString().slice(1), 'base64').toString()}`
          : `${message[0]} ${message.subarray(1).toString()}`;
      const texts = messages.map(read);
      expect(texts.filter((text) => text.startsWith('1')).join('')).toBe('1 1 got hello\n');
      expect(JSON.parse(texts.at(-1)?.replace('3 ', '') ?? '')).toMatchObject({
        status: 'Failure',
        reason: 'NonZeroExitCode',
        details: { causes: [{ reason: 'ExitCode', message: '3' }] },
      });
    },
  );

  it('ends input where the client says so, in the fifth version', async () => {
    const { socket, messages, closed } = await join(port, `${exec}?command=cat&input=1&output=1`, 'v5.channel.k8s.io');
    socket.send(Buffer.from('\0all'));
    socket.send(Buffer.from([255, 0]));
    await closed;
    expect(
      Buffer.concat(messages.filter(([number]) => number === 1).map((message) => message.subarray(1))).toString(),
    ).toBe('all');
  });

  it('follows what a container prints where ECI lets nobody attach, and takes no input', async () => {
    const eci: Eci = { ...cloud.eci, attach: () => Promise.resolve(undefined) };
    const own = await start({ eci });
    const attach = '/attach/default/web/app?output=1';
    const outputs = await join(own, attach, 'v4.channel.k8s.io');
    const input = await join(own, `${attach}&input=1`, 'v4.channel.k8s.io');
    await input.closed;
    expect(input.messages.at(-1)?.toString()).toMatch(/no way to reach a container's standard input/);
    // Of an ECI that does.
    const speaking = await join(port, `${attach}&input=1`, 'v4.channel.k8s.io');
    speaking.socket.send(Buffer.from('\0hello\n'));
    await eventually(() => Buffer.concat(speaking.messages).includes('heard hello'));
    await eventually(() => Buffer.concat(outputs.messages).includes('heard hello'));
    speaking.socket.close();
    outputs.socket.close();
  });

  it('forwards a port to clients that know no tunnel', async () => {
    const { socket, messages } = await join(port, '/portForward/default/web?port=8080', 'v4.channel.k8s.io');
    await eventually(() => messages.length === 2);
    expect(messages.map((message) => [...message])).toEqual([
      [0, 0x90, 0x1f],
      [1, 0x90, 0x1f],
    ]);
    socket.send(Buffer.from('\0POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello'));
    await eventually(() => Buffer.concat(messages).includes('hello'));
    socket.close();
    const once = await join(port, '/portForward/default/web?port=8080', 'v4.channel.k8s.io');
    once.socket.send(Buffer.from('\0GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n'));
    await once.closed;
    expect(Buffer.concat(once.messages).includes('200 OK')).toBe(true);
    const nobody = await join(port, '/portForward/default/web?port=1', 'v4.channel.k8s.io');
    await nobody.closed;
    expect(nobody.messages.at(-1)?.toString()).toMatch(
      /error forwarding port 1 to pod web, uid uid-1: connect ECONNREFUSED/,
    );
  });
});

describe('the figures of a kubelet', () => {
  it('are those of resource metrics and of the summary', async () => {
    const port = await start();
    const { body } = await ask(port, '/metrics/resource');
    const names = [
      'container_cpu_usage_seconds_total',
      'container_memory_working_set_bytes',
      'container_start_time_seconds',
      'node_cpu_usage_seconds_total',
      'node_memory_working_set_bytes',
      'pod_cpu_usage_seconds_total',
      'pod_memory_working_set_bytes',
      'scrape_error',
      'resource_scrape_error',
    ];
    expect([...body.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name)).toEqual(names);
    expect(body).toMatch(
      /^container_memory_working_set_bytes{container="app",namespace="default",pod="web"} [1-9]\d{6,} \d{13}$/m,
    );
    expect(body).toMatch(/^scrape_error 0$/m);
    const summary = JSON.parse((await ask(port, '/stats/summary')).body);
    expect(summary).toMatchObject({
      node: { nodeName: 'node', cpu: { usageCoreNanoSeconds: expect.any(Number) } },
      pods: [
        {
          podRef: { name: 'web', namespace: 'default', uid: 'uid-1' },
          containers: [{ name: 'app', memory: { workingSetBytes: expect.any(Number) } }],
        },
      ],
    });
    expect((await ask(port, '/metrics')).body).toMatch(/^kubelet_running_pods 1$/m);
    expect(JSON.parse((await ask(port, '/runningpods/')).body)).toMatchObject({
      items: [{ metadata: { name: 'web' } }],
    });
  });

  it('say so when there are none, and never count backwards', async () => {
    const used = [5e9, 7e9, 1e9, undefined];
    const usage: Eci['usage'] = () => {
      if (used.length === 0) return Promise.reject(new Error('ECI is down'));
      const coreNanoseconds = used.shift();
      if (coreNanoseconds === undefined) return Promise.resolve(new Map());
      const group = {
        time: '',
        nanoCores: 0,
        coreNanoseconds,
        usedBytes: 0,
        workingSetBytes: 0,
        rssBytes: 0,
        availableBytes: undefined,
      };
      return Promise.resolve(new Map([[id, { group, containers: new Map(), network: undefined }]]));
    };
    const port = await start({ eci: { ...cloud.eci, usage } });
    const read = async (): Promise<readonly string[]> =>
      [
        ...(await ask(port, '/metrics/resource')).body.matchAll(
          /^(?:node_cpu_usage_seconds_total|scrape_error) (\S+)/gm,
        ),
      ].map(([, value = '']) => value);
    // Used, used more, begun anew, gone.
    expect([await read(), await read(), await read(), await read(), await read()]).toEqual([
      ['5', '0'],
      ['7', '0'],
      ['8', '0'],
      ['8', '0'],
      ['1'],
    ]);
    expect(await ask(port, '/stats/summary')).toEqual({ status: 500, body: 'ECI is down\n' });
  });
});
