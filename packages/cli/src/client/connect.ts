import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@ebb/base';
import { type RemoteKubeClient, createKubeClient } from '@ebb/kube';
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
export function connect({ kubeconfig }: ClusterOptions, { env, cwd }: Io): RemoteKubeClient {
  const path = findKubeconfig(kubeconfig, { env, cwd });
  if (path === undefined && !hasDefault(env)) {
    throw new UserError('no cluster: start one here with ebb dev, or name one with --kubeconfig or KUBECONFIG');
  }
  return createKubeClient({ ...(path === undefined ? {} : { kubeconfigPath: path }), userAgent: 'ebb' });
}

/** True where kubectl would find a cluster by itself: in the environment, in the home folder, or around its own pod. */
function hasDefault(env: NodeJS.ProcessEnv): boolean {
  const file = join(env['HOME'] ?? homedir(), '.kube', 'config');
  return Boolean(env['KUBECONFIG'] ?? env['KUBERNETES_SERVICE_HOST']) || existsSync(file);
}
