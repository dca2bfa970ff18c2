import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { silentLogger, systemClock } from '@ebb/base';
import { createLocalEci, createSimulatedRuntime } from '@ebb/local-eci';
import { testAccessKey } from '@ebb/local-eci/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createEci } from '../src/eci/eci.ts';

/** What hands out temporary keys. */
let server: Server;
let endsInMinutes = 60;
let asked = 0;
let works = true;

beforeEach(async () => {
  asked = 0;
  works = true;
  server = createServer((_request, response) => {
    asked += 1;
    if (!works) return void response.writeHead(500).end('no key today');
    const Expiration = `${new Date(Date.now() + endsInMinutes * 60_000).toISOString().slice(0, 19)}Z`;
    const { accessKeyId: AccessKeyId, accessKeySecret: AccessKeySecret } = testAccessKey;
    response.end(JSON.stringify({ AccessKeyId, AccessKeySecret, SecurityToken: 'sts-1', Expiration }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

it('temporary keys are fetched, and anew when their end is near; what keeps them from coming is told as wrong keys are', async () => {
  const tools = { clock: systemClock, logger: silentLogger };
  const runtime = createSimulatedRuntime({ clock: systemClock, random: Math.random });
  await using local = await createLocalEci({
    ...tools,
    runtime,
    credentials: { ...testAccessKey, securityToken: 'sts-1' },
  });
  const credentialsURI = `http://127.0.0.1:${(server.address() as AddressInfo).port}/key`;
  const { endpoint, regionId } = local;
  const open = (): ReturnType<typeof createEci> =>
    createEci({ endpoint, protocol: 'http', regionId, credentialSource: { type: 'credentials_uri', credentialsURI } });

  const lasting = open();
  expect(await lasting.list({})).toEqual([]);
  expect(await lasting.zones(['vsw-a'])).toEqual(new Map([['vsw-a', 'cn-hangzhou-a']]));
  await lasting.list({});
  expect(asked).toBeLessThanOrEqual(2);

  endsInMinutes = 1;
  const short = open();
  for (let call = 0; call < 3; call += 1) await short.list({});
  expect(asked).toBeGreaterThanOrEqual(4);

  works = false;
  await expect(open().list({})).rejects.toMatchObject({
    code: 'CredentialsNotHad',
    remedy: 'mend-credentials',
    message: expect.stringContaining('no key today'),
  });
});
