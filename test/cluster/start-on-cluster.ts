import { resources, systemNamespace } from '@ebb/api';
import { type ComponentsOptions, type Platform, announcePort, startComponents, startLocalEci } from '@ebb/cli';
import { type RemoteKubeClient, createKubeClient } from '@ebb/kube';
import type { Runtime } from '@ebb/local-eci';
import { openTestApi } from '../api.ts';

export interface OnClusterOptions extends Pick<ComponentsOptions, 'digestOf' | 'clock' | 'logger' | 'random'> {
  readonly gateway: NonNullable<ComponentsOptions['gateway']>['public'];
  /** What runs container groups; closed at the end. */
  readonly runtime: Runtime;
}

const host = '127.0.0.1';

/** What `startPlatform` gives, beside a real kube-apiserver in place of the embedded one. */
export async function startOnCluster({ gateway, runtime, ...common }: OnClusterOptions): Promise<Platform> {
  const parts: AsyncDisposable[] = [];
  const keep = <T extends AsyncDisposable>(part: T): T => {
    parts.unshift(part);
    return part;
  };
  const end = async (): Promise<void> => {
    for (const part of parts) await part[Symbol.asyncDispose]();
  };
  try {
    const api = keep(await openTestApi({ admission: 'all' }));
    const client = keep(createKubeClient({ kubeconfig: api.kubeconfig, userAgent: 'ebb' }));
    const domains = { metadata: { namespace: systemNamespace, name: 'config-domain' }, data: { localhost: '' } };
    await client.create(resources.configMaps, domains);
    const { access, panel } = keep(await startLocalEci({ runtime, ...common }));
    const components = keep(
      await startComponents({
        ...common,
        cluster: { kubeconfig: api.kubeconfig },
        gateway: { name: 'gateway-0', public: gateway, private: { port: 0, strict: true } },
        virtualNode: {
          eci: access,
          nodeName: 'virtual-kubelet-local',
          zone: `${access.regionId}-a`,
          kubelet: { host, port: 0, ...api.kubelet },
        },
      }),
    );
    const address = components.gateway?.publicAddress;
    if (!address) throw new Error('the platform has no gateway');
    await announcePort(client, address.port);
    const { kubeconfig } = api;
    const connect = (userAgent: string): RemoteKubeClient => createKubeClient({ kubeconfig, userAgent });
    return {
      gateway: address,
      kubeconfig,
      client,
      connect,
      panel,
      states: () => components.states,
      metrics: (out) => Promise.resolve(components.metrics(out)),
      failed: components.failed,
      [Symbol.asyncDispose]: end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}
