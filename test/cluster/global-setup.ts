import type { TestProject } from 'vitest/node';
import { ensureBinaries } from './binaries.ts';
import { startCluster } from './cluster.ts';
import type { ClusterFacts } from './facts.ts';
import { borrowCluster } from './foreign-cluster.ts';
import { prepare } from './prepare.ts';

const say = (line: string): void => void process.stderr.write(`▸ ${line}\n`);

/** One cluster for the whole run, see `vitest.config.ts`: that of `$KUBECONFIG`, or one of our own. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const path = process.env['KUBECONFIG'];
  const cluster = path ? await borrowCluster(path) : await startOwn();
  try {
    await prepare(cluster.facts);
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
  say(`the stories run in namespace ${cluster.facts.namespace}${path ? ` of the cluster of ${path}` : ''}`);
  project.provide('cluster', cluster.facts);
  return async () => cluster[Symbol.asyncDispose]();
}

async function startOwn(): Promise<AsyncDisposable & { readonly facts: ClusterFacts }> {
  const binaries = await ensureBinaries(say);
  say('starting etcd, kube-apiserver and kube-controller-manager');
  const cluster = await startCluster(binaries);
  const { kubeconfig, kubeletClientCa, auditLog } = cluster;
  const { EBB_TEST_NODE_ADDRESS: nodeAddress } = process.env;
  if (!nodeAddress) say('nodes are at 127.0.0.1: stories for which the API server asks them are left out');
  return {
    facts: {
      kubeconfig,
      namespace: 'default',
      ours: true,
      kubeletClientCa,
      auditLog,
      ...(nodeAddress ? { nodeAddress } : {}),
    },
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  };
}
