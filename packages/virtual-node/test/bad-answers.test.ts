import { type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Eci, createEci } from '../src/eci/eci.ts';

type Answer = (response: ServerResponse, calls: number) => void;

/** Something between here and ECI, or ECI itself, that answers as it likes. */
let server: Server;
let eci: Eci;
let answer: Answer;
let calls = 0;

beforeEach(async () => {
  calls = 0;
  server = createServer((_request, response) => answer(response, (calls += 1)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  eci = createEci({ endpoint, protocol: 'http', regionId: 'r', accessKeyId: 'id', accessKeySecret: 'secret' });
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const text =
  (status: number, body: string): Answer =>
  (response) =>
    response.writeHead(status).end(body);
const answers: Readonly<Record<string, Answer>> = {
  'a page of HTML': text(200, '<html>welcome</html>'),
  'a page of HTML for an error': text(502, '<html>bad gateway</html>'),
  nothing: text(200, ''),
  'an object of nothing': text(200, '{}'),
  null: text(200, 'null'),
  'half of it': text(200, '{"RequestId":"r","ContainerGroups":[{"Contain'),
  'a list of the wrong kind': text(200, '{"RequestId":"r","ContainerGroups":"x","Data":"x"}'),
  'an error without a code': text(400, '{"Message":"no"}'),
  'half of it, and the connection is gone': (response) => {
    response.writeHead(200, { 'content-length': 1000 });
    response.write('{"Cont', () => response.destroy());
  },
};

describe('an answer that is none', () => {
  it.each(Object.keys(answers))('is no list of groups without a group, and no group: %s', async (name) => {
    answer = answers[name] ?? text(500, '');
    const trouble = { name: 'EciError', remedy: 'back-off' };
    await expect(eci.list({})).rejects.toMatchObject(trouble);
    await expect(eci.describe(['eci-1'])).rejects.toMatchObject(trouble);
    await expect(eci.statuses({})).rejects.toMatchObject(trouble);
    await expect(eci.create({ containerGroupName: 'web' })).rejects.toMatchObject(trouble);
  });

  it('may be pages that come again and again', async () => {
    answer = (response, count) =>
      response.end(JSON.stringify({ RequestId: 'r', ContainerGroups: [], Data: [], NextToken: `page-${count % 3}` }));
    await expect(eci.list({})).rejects.toThrow('its pages have no end');
    expect(calls).toBeLessThan(6);
    await expect(eci.statuses({})).rejects.toThrow('its pages have no end');
  });

  it('is not that of none being there', async () => {
    answer = text(200, '{"RequestId":"r","ContainerGroups":[],"TotalCount":0}');
    expect(await eci.list({})).toEqual([]);
    expect(await eci.statuses({})).toEqual([]);
  });
});
