import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { startEbb } from './ebb-proxy.ts';
import { startByteRelay, startHttpProxy, startUndici } from './node-proxies.ts';
import type { ProfileOrder, ProxyOrder, ProxyPorts } from './orders.ts';

/** Starts what its parent orders, tells the parent the port, and ends with it. */
const [order] = (await once(process, 'message')) as [ProxyOrder];
process.on('message', ({ profile }: ProfileOrder) => void profileInto(profile));
let finish = (): Promise<void> => Promise.resolve();
process.on('disconnect', () => void finish().then(() => process.exit(0)));
process.send?.(await startProxy(order));

async function profileInto(file: string): Promise<void> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  await session.post('Profiler.start');
  finish = async () => {
    const { profile } = await session.post('Profiler.stop');
    writeFileSync(file, JSON.stringify(profile));
  };
  process.send?.('profiling');
}

async function startProxy({ kind, backendPort, ebb }: ProxyOrder): Promise<ProxyPorts> {
  if (ebb) return startEbb(ebb);
  switch (kind) {
    case 'undici':
      return { port: await startUndici(backendPort) };
    case 'http-proxy':
      return { port: await startHttpProxy(backendPort) };
    case 'byte relay':
      return { port: await startByteRelay(backendPort) };
    case 'ebb':
      throw new Error('Ebb needs to know of an API');
  }
}
