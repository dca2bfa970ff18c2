import { request } from 'node:http';
import { connect } from 'node:net';
import { type StatReport, statsPath } from '@ebb/api';
import { silentLogger } from '@ebb/base';
import { describe, expect, it } from 'vitest';
import { type StatServer, startStatServer } from '../src/stats/stat-server.ts';

const report: StatReport = { gateway: 'gateway-0', atMs: 1, revisions: [], drained: [] };

interface Post {
  readonly method?: string;
  readonly path?: string;
  readonly token?: string | undefined;
  readonly body?: string;
  readonly headers?: Record<string, string>;
}

function send(port: number, { method = 'POST', path = statsPath, token, body = '', headers }: Post): Promise<number> {
  return new Promise((resolve, reject) => {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const options = { host: '127.0.0.1', port, method, path, headers: { ...authorization, ...headers }, agent: false };
    const sent = request(options, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

async function open(taken: StatReport[], works = true): Promise<StatServer> {
  return startStatServer({
    host: '127.0.0.1',
    port: 0,
    token: () => 'secret',
    record: () => (works ? (each) => void taken.push(each) : undefined),
    logger: silentLogger,
  });
}

describe('a stat server', () => {
  it('takes reports from whoever knows the token, and nothing else from anybody', async () => {
    const taken: StatReport[] = [];
    await using server = await open(taken);
    const body = JSON.stringify([report]);
    const statuses = [
      await send(server.port, { body }),
      await send(server.port, { body, token: 'guess' }),
      await send(server.port, { body, headers: { authorization: 'Basic c2VjcmV0' } }),
      await send(server.port, { body, token: 'secret', path: '/' }),
      await send(server.port, { token: 'secret', method: 'GET' }),
      await send(server.port, { token: 'secret', body: '[{"gateway":' }),
      await send(server.port, { token: 'secret', body: '[{}]' }),
      await send(server.port, { token: 'secret', headers: { 'content-length': '99999999' } }),
      await send(server.port, { token: 'secret', body: `[${' '.repeat(17 * 1024 * 1024)}]` }),
    ];
    expect(statuses).toEqual([401, 401, 401, 404, 405, 400, 400, 413, 413]);
    expect(taken).toEqual([]);
    expect(await send(server.port, { token: 'secret', body })).toBe(204);
    expect(taken).toEqual([report]);
  });

  it('says why a scale is what it is, to whoever knows the token', async () => {
    const options = {
      host: '127.0.0.1',
      port: 0,
      token: () => 'secret',
      record: () => undefined,
      logger: silentLogger,
    };
    const asked: string[] = [];
    const why = ({ name }: { readonly name: string }): readonly [] => {
      asked.push(name);
      return [];
    };
    await using server = await startStatServer({ ...options, why });
    await send(server.port, { method: 'GET', path: '/why/default/secret' });
    expect(await send(server.port, { method: 'GET', path: '/why/default/web', token: 'secret' })).toBe(404);
    expect(asked).toEqual(['web']);
  });

  it('says so while this autoscaler does not work', async () => {
    await using server = await open([], false);
    expect(await send(server.port, { token: 'secret', body: '[]' })).toBe(503);
  });

  it('lets nobody in while there is no token', async () => {
    const options = { host: '127.0.0.1', port: 0, record: () => () => {}, logger: silentLogger };
    await using server = await startStatServer({ ...options, token: () => undefined });
    expect(await send(server.port, { body: '[]' })).toBe(401);
    expect(await send(server.port, { token: '', body: '[]' })).toBe(401);
    expect(await send(server.port, { token: 'undefined', body: '[]' })).toBe(401);
  });

  it('ends at once, whoever is connected', async () => {
    const server = await open([]);
    const socket = connect(server.port, '127.0.0.1');
    const closed = new Promise((resolve) => socket.on('close', resolve).on('error', () => {}));
    await new Promise((resolve) => socket.once('connect', resolve));
    await server[Symbol.asyncDispose]();
    expect(await closed).toBe(false);
  });
});
