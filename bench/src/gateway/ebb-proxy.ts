import { createLogger, systemClock } from '@ebb/base';
import { createGateway } from '@ebb/gateway-slb';
import { createKubeClient } from '@ebb/kube';

/** Ebb's gateway as it is in production, with what an API says is to be served; its port. */
export async function startEbb(kubeconfig: string): Promise<number> {
  const client = createKubeClient({ kubeconfig, userAgent: 'gateway' });
  const gateway = await createGateway({
    client,
    clock: systemClock,
    logger: createLogger({ level: 'error' }),
    random: () => Math.random(),
    name: 'gateway-1',
    listeners: { public: { host: '127.0.0.1', port: 0 } },
    sendStats: () => {},
  });
  await gateway.ready;
  return gateway.publicAddress.port;
}
