import { resources, systemNamespace } from '@ebb/api';
import { silentLogger, systemClock } from '@ebb/base';
import {
  type ComponentsOptions,
  type EciPanel,
  type RunningComponents,
  connectPanel,
  startComponents,
  startLocalEci,
} from '@ebb/cli';
import type { KubeClient } from '@ebb/kube';
import { type SimulatedRuntimeOptions, createSimulatedRuntime } from '@ebb/local-eci';
import type { TestApi } from './api.ts';

/** Ebb in this process, its instances simulated: each answers with the name of its pod. */
export interface SimulatedPlatform extends AsyncDisposable {
  readonly components: RunningComponents;
  /** The local ECI's: to let things go wrong. */
  readonly panel: EciPanel;
}

type Config = Readonly<Record<string, Readonly<Record<string, string>>>>;

const tools = { clock: systemClock, logger: silentLogger, random: Math.random };
const timing = { schedulingMs: 5, pendingMs: 20, terminatingMs: 5 };

/** Makes ConfigMaps in `knative-serving`, beside a domain `localhost`. */
export async function configure(client: KubeClient, config: Config = {}): Promise<void> {
  for (const [name, data] of Object.entries({ 'config-domain': { localhost: '' }, ...config })) {
    await client.create(resources.configMaps, { metadata: { namespace: systemNamespace, name }, data });
  }
}

interface SimulatedPlatformOptions extends Pick<ComponentsOptions, 'gateway' | 'replica'> {
  /** What instances answer. Default: the name of their pod. */
  readonly serve?: SimulatedRuntimeOptions['serve'];
}

/** Starts controllers, autoscaler, virtual node and, where its settings are given, a gateway. */
export async function startSimulatedPlatform(
  api: TestApi,
  { serve = true, ...settings }: SimulatedPlatformOptions,
): Promise<SimulatedPlatform> {
  const eci = await startLocalEci({ runtime: createSimulatedRuntime({ ...tools, serve, timing }), ...tools });
  const kubelet = { host: '127.0.0.1', port: 0, ...api.kubelet };
  const components = await startComponents({
    ...tools,
    ...settings,
    cluster: { kubeconfig: api.kubeconfig },
    virtualNode: { eci: eci.access, nodeName: 'virtual-kubelet-local', zone: 'local-a', kubelet },
  });
  return {
    components,
    panel: connectPanel(eci.panel),
    [Symbol.asyncDispose]: async () => {
      await components[Symbol.asyncDispose]();
      await eci[Symbol.asyncDispose]();
    },
  };
}
