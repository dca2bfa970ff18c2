import { UserError } from '@ebb/base';
import {
  type KubeconfigSource,
  type RemoteKubeClient,
  createKubeClient,
  hasDefaultKubeconfig,
  namespaceOf,
} from '@ebb/kube';
import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { findKubeconfig } from './kubeconfig.ts';

/** Options of every command that talks to a cluster. */
export interface ClusterOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
}

/** A cluster that a command talks to. */
export interface Connection extends AsyncDisposable {
  readonly client: RemoteKubeClient;
  /** Of what is named without one. */
  readonly namespace: string;
}

/** Adds `--kubeconfig`, `--context` and `--namespace` to a command. */
export function withClusterOptions(command: Command): Command {
  return command
    .option('-n, --namespace <name>', "namespace (default: the context's, or default)")
    .option('--context <name>', "which of the kubeconfig's contexts")
    .option(
      '--kubeconfig <file>',
      'which cluster; default: $KUBECONFIG, else that of the ebb dev running here, else ~/.kube/config',
    );
}

/** Where the options, the environment or a running `ebb dev` lead to. Throws `UserError` if that is nowhere. */
export function findCluster(
  { kubeconfig, context }: Pick<ClusterOptions, 'kubeconfig' | 'context'>,
  io: Io,
): KubeconfigSource {
  const kubeconfigPath = findKubeconfig(kubeconfig, io);
  if (kubeconfigPath === undefined && !hasDefaultKubeconfig(io.env)) {
    throw new UserError('no cluster: start one here with ebb dev, or name one with --kubeconfig or KUBECONFIG');
  }
  return { kubeconfigPath, context };
}

/** Opens the cluster of the options, as kubectl would, or that of a running `ebb dev`. */
export function connect(options: ClusterOptions, io: Io): Connection {
  const cluster = findCluster(options, io);
  const client = createKubeClient({ ...cluster, userAgent: 'ebb' });
  return {
    client,
    namespace: options.namespace ?? namespaceOf(cluster) ?? 'default',
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}
