import { type Server, createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { listenFrom } from './ports.ts';

const servers: Server[] = [];
const listen = async (port: number): Promise<number> => {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  servers.push(server);
  return (server.address() as AddressInfo).port;
};

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((done) => server.close(done))));
});

it('takes the next free port when the first is in use', async () => {
  const taken = await listen(0);
  expect(await listenFrom({ port: taken, strict: false }, listen)).toBeGreaterThan(taken);
});

it('says in one line that a port asked for is in use', async () => {
  const taken = await listen(0);
  await expect(listenFrom({ port: taken, strict: true }, listen)).rejects.toThrow(`port ${taken} is in use`);
});

it('names another port that is needed besides, and tries no further', async () => {
  const [taken, free] = [await listen(0), await listen(0)];
  let tries = 0;
  const both = async (): Promise<number> => {
    tries++;
    return listen(taken);
  };
  await expect(listenFrom({ port: free, strict: false }, both)).rejects.toThrow(`port ${taken} is in use`);
  expect(tries).toBe(1);
});

it('passes other failures on', async () => {
  const failing = (): Promise<never> => Promise.reject(new Error('no such address'));
  await expect(listenFrom({ port: 1, strict: false }, failing)).rejects.toThrow('no such address');
});

it('says that a port is not for this user', async () => {
  const refused = (): Promise<never> => Promise.reject(Object.assign(new Error('listen'), { code: 'EACCES' }));
  await expect(listenFrom({ port: 81, strict: true }, refused)).rejects.toThrow('choose one above 1023');
});
