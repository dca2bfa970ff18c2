import { type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Agent, request } from 'undici';
import { makeCertificates } from '@ebb/base/certificates';
import { systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import type { ApiServer } from '../src/index.ts';
import { createTestApi } from '../src/testing.ts';
import { pod, pods } from './fixtures.ts';
import { type RawClient, rawClient } from './raw-client.ts';

describe('the log of a pod', () => {
  let api: ApiServer;
  let client: RawClient;
  let respond: (asked: IncomingMessage, response: ServerResponse) => void;
  const kubelet = { close: (): void => undefined };

  beforeAll(async () => {
    const { certificate, key } = await makeCertificates({
      commonName: 'n1',
      hosts: ['127.0.0.1'],
      now: systemClock.now(),
    });
    const server = createServer({ cert: certificate, key }, (asked, response) => respond(asked, response));
    await once(server.listen(0, '127.0.0.1'), 'listening');
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

  it('comes from the kubelet of its node', async () => {
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

  it('says what the kubelet says when it refuses', async () => {
    respond = (_, response) => response.writeHead(400).end('previous terminated container "a" in pod "p" not found');
    const { code, body } = await client.call('GET', `${pods}/p/log?previous=true`);
    expect(code).toBe(400);
    expect(body.message).toBe('previous terminated container "a" in pod "p" not found');
    expect((await client.call('GET', `${pods}/p/log?tailLines=-1`)).code).toBe(422);
    expect((await client.call('GET', `${pods}/p/log?limitBytes=x`)).code).toBe(400);
  });

  it('is streamed as it comes, and let go when the client leaves', async () => {
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
});
