import { type KubeClient, createKubeClient } from '@ebb/kube';
import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { findKubeconfig } from './kubeconfig.ts';

/** Options of every command that talks to a cluster. */
export interface ClusterOptions {
  readonly kubeconfig?: string;
  readonly namespace: string;
}

/** Adds `--kubeconfig` and `--namespace` to a command. */
export function withClusterOptions(command: Command): Command {
  return command
    .option('-n, --namespace <name>', 'namespace', 'default')
    .option(
      '--kubeconfig <file>',
      'which cluster; default: $KUBECONFIG, else that of the ebb dev running here, else ~/.kube/config',
    );
}

/** A client for the cluster that the options, the environment or a running `ebb dev` name. */
export function connect({ kubeconfig }: ClusterOptions, { env, cwd }: Io): KubeClient {
  const path = findKubeconfig(kubeconfig, { env, cwd });
  return createKubeClient({ ...(path === undefined ? {} : { kubeconfigPath: path }), userAgent: 'ebb' });
}
