import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { silentLogger, systemClock } from '@ebb/base';
import { expect, it } from 'vitest';
import { Inside } from './inside.ts';

it('says what to do when another has the port where containers expect Services', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const inside = new Inside({ clock: systemClock, logger: silentLogger, ports: { http: port, dns: 53 } });
  expect(await inside.findListener('127.0.0.1')).toBe(undefined);
  expect(inside.problem).toBe(
    `containers cannot reach Services by their names in the cluster: 127.0.0.1:${port} is in use, as by another Ebb that runs containers; ` +
      'stop what listens there, and start this one again',
  );
  other.close();
});
