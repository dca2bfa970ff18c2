import { randomBytes } from 'node:crypto';
import { type Admission, servingCrds } from '@ebb/api';
import { createTestApi } from '@ebb/apiserver/testing';
import { createKubeClient } from '@ebb/kube';
import type { KubeletOptions } from '@ebb/virtual-node';
import { inject } from 'vitest';
import './cluster/facts.ts';
import { wipe } from './cluster/wipe.ts';

/** The server under the story: the embedded API, or a real kube-apiserver. See README.md. */
export interface TestApi extends AsyncDisposable {
  /** Of an administrator. */
  readonly kubeconfig: string;
  /** How kubelets let the API server in. */
  readonly kubelet: Pick<KubeletOptions, 'token' | 'clientCa'>;
}

export interface TestApiOptions {
  /** Default: every object passes as it is. */
  readonly admission?: Admission;
}

const cluster = inject('cluster') as ReturnType<typeof inject<'cluster'>> | undefined;

/** True where the stories run on a real kube-apiserver. */
export const onCluster: boolean = cluster !== undefined;

/** Where a story makes its objects. */
export const namespace: string = cluster?.namespace ?? 'default';

/** A Kubernetes API with Ebb's kinds and nothing of any other story. */
export async function openTestApi({ admission }: TestApiOptions = {}): Promise<TestApi> {
  const token = randomBytes(24).toString('hex');
  if (cluster === undefined) {
    const api = await createTestApi({
      crds: servingCrds(),
      kubelet: { token },
      ...(admission === undefined ? {} : { admission }),
    });
    return { kubeconfig: api.kubeconfig, kubelet: { token }, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
  }
  const { kubeconfig, kubeletClientCa } = cluster;
  await using client = createKubeClient({ kubeconfig });
  await wipe(client, cluster);
  return {
    kubeconfig,
    kubelet: { token, clientCa: kubeletClientCa },
    // The next story wipes.
    [Symbol.asyncDispose]: async () => {},
  };
}
