import { randomBytes } from 'node:crypto';
import { type Admission, createAdmission, defaultServingConfig, servingCrds } from '@ebb/api';
import { createTestApi } from '@ebb/apiserver/testing';
import { createKubeClient } from '@ebb/kube';
import type { KubeletOptions } from '@ebb/virtual-node';
import { inject } from 'vitest';
import type { AdmissionExtent } from './cluster/facts.ts';
import { startWebhook } from './cluster/webhook.ts';
import { wipe } from './cluster/wipe.ts';

/** The server under the story: the embedded API, or a real kube-apiserver. See README.md. */
export interface TestApi extends AsyncDisposable {
  /** Of an administrator. */
  readonly kubeconfig: string;
  /** How kubelets let the API server in. */
  readonly kubelet: Pick<KubeletOptions, 'token' | 'clientCa' | 'askApiServer'> & Partial<Pick<KubeletOptions, 'host'>>;
}

export interface TestApiOptions {
  /** What Ebb's admission is asked about: on a real server by its webhooks. Default: every object passes as it is. */
  readonly admission?: AdmissionExtent;
}

const cluster = inject('cluster') as ReturnType<typeof inject<'cluster'>> | undefined;

/** True where the stories run on a real kube-apiserver. */
export const onCluster: boolean = cluster !== undefined;

/** True where API servers pass requests on to the nodes of stories: a real one does not to nodes at 127.0.0.1. */
export const nodesAreAsked: boolean = cluster === undefined || cluster.nodeAddress !== undefined;

/** Where a story makes its objects. */
export const namespace: string = cluster?.namespace ?? 'default';

let named = 0;

/** A name that nothing had before, for stories that share a server: one told again still finds what it left the first time. */
export function newName(base: string): string {
  named += 1;
  return `${base}-${named}`;
}

/** A Kubernetes API with Ebb's kinds and nothing of any other story. */
export async function openTestApi({ admission }: TestApiOptions = {}): Promise<TestApi> {
  const token = randomBytes(24).toString('hex');
  if (cluster === undefined) {
    const api = await createTestApi({
      crds: servingCrds(),
      kubelet: { token },
      ...(admission === undefined ? {} : { admission: admissionOf(admission) }),
    });
    return { kubeconfig: api.kubeconfig, kubelet: { token }, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() };
  }
  const { kubeconfig, kubeletClientCa: clientCa, nodeAddress: host } = cluster;
  await using client = createKubeClient({ kubeconfig });
  await wipe(client, cluster);
  const webhook = admission && (await startWebhook(cluster, admission));
  return {
    kubeconfig,
    kubelet: { token, clientCa, askApiServer: true, ...(host === undefined ? {} : { host }) },
    // What a story leaves behind is for the next one to wipe away.
    [Symbol.asyncDispose]: async () => webhook?.[Symbol.asyncDispose](),
  };
}

function admissionOf(extent: AdmissionExtent): Admission {
  const admission = createAdmission(() => defaultServingConfig);
  if (extent === 'all') return admission;
  return {
    ...admission,
    validate: (request) => (request.kind === 'ConfigMap' ? { warnings: [] } : admission.validate(request)),
  };
}
