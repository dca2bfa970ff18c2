import { type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, request as ask } from 'node:https';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Agent, request } from 'undici';
import { makeCertificates } from '@ebb/base/certificates';
import { systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import type { ApiServer } from '../src/index.ts';
import { createTestApi } from '../src/testing.ts';
import { pod, pods } from './fixtures.ts';
import { type RawClient, rawClient } from './raw-client.ts';

describe('what kubelets are asked for', () => {
  let api: ApiServer;
  let client: RawClient;
  let respond: (asked: IncomingMessage, response: ServerResponse) => void;
  let upgrade: (asked: IncomingMessage, socket: Duplex) => void;
  const kubelet = { close: (): void => undefined };

  beforeAll(async () => {
    const { certificate, key } = await makeCertificates({
      commonName: 'n1',
      hosts: ['127.0.0.1'],
      now: systemClock.now(),
    });
    const server = createServer({ cert: certificate, key }, (asked, response) => respond(asked, response));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    server.on('upgrade', (asked: IncomingMessage, socket: Duplex) => upgrade(asked, socket));
    kubelet.close = () => server.close().closeAllConnections();
    api = await createTestApi({ kubelet: { token: 'secret' } });
    client = rawClient(api);
    await client.call('POST', '/api/v1/nodes', {
      metadata: { name: 'n1' },
      status: {
        addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
        daemonEndpoints: { kubeletEndpoint: { Port: (server.address() as AddressInfo).port } },
      },
    });
    await client.call('POST', pods, pod('p', { nodeName: 'n1' }));
  });
  afterAll(async () => {
    await client[Symbol.asyncDispose]();
    await api[Symbol.asyncDispose]();
    kubelet.close();
  });

  it('is the log of a pod, by the kubelet of its node', async () => {
    let asked = '';
    let authorization: string | undefined;
    respond = (incoming, response) => {
      asked = incoming.url ?? '';
      authorization = incoming.headers.authorization;
      response.end('line one\nline two\n');
    };
    const answer = await client.call('GET', `${pods}/p/log?tailLines=2&timestamps=true&pretty=true`);
    expect(answer).toMatchObject({ code: 200, text: 'line one\nline two\n' });
    expect(asked).toBe('/containerLogs/default/p/a?timestamps=true&tailLines=2');
    expect(authorization).toBe('Bearer secret');
  });

  it('is refused as the kubelet refuses it', async () => {
    respond = (_, response) => response.writeHead(400).end('previous terminated container "a" in pod "p" not found');
    const { code, body } = await client.call('GET', `${pods}/p/log?previous=true`);
    expect(code).toBe(400);
    expect(body.message).toBe('previous terminated container "a" in pod "p" not found');
    expect((await client.call('GET', `${pods}/p/log?tailLines=-1`)).code).toBe(422);
    expect((await client.call('GET', `${pods}/p/log?limitBytes=x`)).code).toBe(400);
  });

  it('is streamed as it comes, a log, and let go when the client leaves', async () => {
    let left = false;
    respond = (_, response) => {
      response.write('first\n');
      response.on('close', () => (left = true));
    };
    const dispatcher = new Agent({ connect: { ca: api.caCertificate } });
    const headers = { authorization: `Bearer ${api.token}` };
    const answer = await request(`${api.url}${pods}/p/log?follow=true`, { dispatcher, headers });
    for await (const chunk of answer.body) {
      expect(String(chunk)).toBe('first\n');
      break;
    }
    await dispatcher.destroy();
    await eventually(() => left);
  });

  /** Asks for a connection; resolves with what came of it. */
  const connect = (path: string, headers: Record<string, string> = {}): Promise<{ code: number; text: string }> =>
    new Promise((resolve, reject) => {
      const all = { authorization: `Bearer ${api.token}`, connection: 'Upgrade', upgrade: 'SPDY/3.1', ...headers };
      const asking = ask(`${api.url}${pods}${path}`, { method: 'POST', ca: api.caCertificate, headers: all });
      asking.once('upgrade', (response, socket: Duplex) => {
        socket.once('data', (chunk: Buffer) => {
          resolve({ code: response.statusCode ?? 0, text: chunk.toString() });
          socket.destroy();
        });
        socket.write('ping');
      });
      asking.once('response', (response) => {
        text(response).then((body) => resolve({ code: response.statusCode ?? 0, text: body }), reject);
      });
      asking.once('error', reject);
      asking.end();
    });

  it('is a connection to a pod, whose bytes nobody looks into', async () => {
    const asked: string[] = [];
    upgrade = ({ method, url, headers }, socket) => {
      asked.push(`${method} ${url} ${headers.authorization} ${String(headers['x-stream-protocol-version'])}`);
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n');
      socket.once('data', (chunk: Buffer) => socket.end(`${chunk.toString()} pong`));
    };
    const version = { 'x-stream-protocol-version': 'v4.channel.k8s.io' };
    const exec = '/p/exec?command=sh&command=-c&command=a%20b&stdin=true&stdout=true&stderr=false&tty=true';
    expect(await connect(exec, version)).toEqual({ code: 101, text: 'ping pong' });
    expect(await connect('/p/attach?container=a', version)).toMatchObject({ code: 101 });
    expect(await connect('/p/portforward?ports=80&ports=81', version)).toMatchObject({ code: 101 });
    expect(asked).toEqual([
      'POST /exec/default/p/a?command=sh&command=-c&command=a+b&input=1&output=1&tty=1 Bearer secret v4.channel.k8s.io',
      'POST /attach/default/p/a?output=1&error=1 Bearer secret v4.channel.k8s.io',
      'POST /portForward/default/p?port=80,81 Bearer secret v4.channel.k8s.io',
    ]);
  });

  it('is no connection for strangers, to what is not there, or without saying how', async () => {
    upgrade = (_, socket) => {
      const body = 'container not found ("a")';
      socket.end(`HTTP/1.1 500 Internal Server Error\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    };
    const exec = '/p/exec?command=ls';
    expect(await connect(exec)).toEqual({ code: 500, text: 'container not found ("a")' });
    expect(await connect(exec, { authorization: 'Bearer guess' })).toMatchObject({ code: 401 });
    expect(await connect('/q/exec?command=ls')).toMatchObject({
      code: 404,
      text: expect.stringMatching(/pods \\"q\\" not found/),
    });
    expect(await connect(`${exec}&container=b`)).toMatchObject({
      code: 400,
      text: expect.stringMatching(/container b is not valid for pod p/),
    });
    expect(await connect('/p/log')).toMatchObject({ code: 400 });
    expect(await connect('?watch=true')).toEqual({ code: 200, text: '' });
    expect(await client.call('POST', `${pods}${exec}`)).toMatchObject({
      code: 400,
      body: { message: 'Upgrade request required' },
    });
    await client.call('POST', pods, pod('nowhere'));
    expect(await connect('/nowhere/exec?command=ls')).toMatchObject({
      code: 400,
      text: expect.stringMatching(/pod nowhere does not have a host assigned/),
    });
  });

  it('is what pods and nodes use', async () => {
    const figures = (nanoCores: number, bytes: number): object => ({
      cpu: { usageNanoCores: nanoCores },
      memory: { workingSetBytes: bytes },
    });
    const of = { podRef: { name: 'p', namespace: 'default' }, containers: [{ name: 'a', ...figures(5e6, 2 ** 20) }] };
    respond = ({ url }, response) =>
      response
        .writeHead(url === '/stats/summary' ? 200 : 404)
        .end(JSON.stringify({ node: figures(7e6, 2 ** 21), pods: [of] }));
    const metrics = '/apis/metrics.k8s.io/v1beta1';
    const usage = { cpu: '5000000n', memory: '1024Ki' };
    expect((await client.call('GET', `${metrics}/pods`)).body).toMatchObject({
      kind: 'PodMetricsList',
      items: [{ metadata: { name: 'p', namespace: 'default' }, containers: [{ name: 'a', usage }] }],
    });
    expect((await client.call('GET', `${metrics}/namespaces/default/pods/p`)).body).toMatchObject({
      kind: 'PodMetrics',
    });
    expect(await client.call('GET', `${metrics}/namespaces/default/pods/q`)).toMatchObject({ code: 404 });
    expect((await client.call('GET', `${metrics}/namespaces/default/pods?labelSelector=a%3Db`)).body.items).toEqual([]);
    expect((await client.call('GET', `${metrics}/nodes`)).body).toMatchObject({
      items: [{ metadata: { name: 'n1' }, usage: { cpu: '7000000n', memory: '2048Ki' } }],
    });
    expect(await client.call('POST', `${metrics}/nodes`, {})).toMatchObject({ code: 405 });
    expect((await client.call('GET', '/apis/metrics.k8s.io')).body).toMatchObject({ kind: 'APIGroup' });
    respond = (_, response) => response.writeHead(500).end();
    expect((await client.call('GET', `${metrics}/pods`)).body.items).toEqual([]);
  });

  it("is anything else there is to read, by the node's proxy", async () => {
    let asked = '';
    respond = ({ url }, response) => {
      asked = url ?? '';
      response.writeHead(203, { 'content-type': 'text/plain' }).end('figures');
    };
    const path = '/api/v1/nodes/n1/proxy/metrics/resource?a=b';
    expect(await client.call('GET', path)).toMatchObject({ code: 203, text: 'figures' });
    expect(asked).toBe('/metrics/resource?a=b');
    expect(await client.call('POST', path)).toMatchObject({ code: 405 });
    expect(await client.call('GET', '/api/v1/nodes/n2/proxy/pods')).toMatchObject({ code: 500 });
  });
});
