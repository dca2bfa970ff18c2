import { createLogger, systemClock } from '@ebb/base';
import { createGateway } from '@ebb/gateway-slb';
import { createKubeClient } from '@ebb/kube';
import type { KeyPair, ProxyPorts } from './orders.ts';

interface EbbOptions {
  readonly kubeconfig: string;
  readonly certificate: KeyPair;
}

/** Ebb's gateway as it is in production, with what an API says is to be served. */
export async function startEbb({ kubeconfig, certificate }: EbbOptions): Promise<ProxyPorts> {
  const client = createKubeClient({ kubeconfig, userAgent: 'gateway' });
  const at = { host: '127.0.0.1', port: 0 };
  const gateway = await createGateway({
    client,
    clock: systemClock,
    logger: createLogger({ level: 'error' }),
    random: () => Math.random(),
    name: 'gateway-1',
    listeners: { public: at, https: { ...at, certificate } },
    sendStats: () => {},
  });
  await gateway.ready;
  return { port: gateway.publicAddress.port, tlsPort: gateway.httpsAddress?.port ?? 0 };
}
