import { Command, InvalidArgumentError, Option } from 'commander';
import type { DevOptions } from '../dev/dev.ts';
import type { Io } from '../io.ts';

type Options = Omit<DevOptions, 'paths'>;

/** `ebb dev`: everything on this machine. */
export function devCommand(io: Io, signal: AbortSignal): Command {
  const { EBB_DEV_PATH: path = '.' } = io.env;
  return new Command('dev')
    .description('Run everything on this machine: cluster, node, gateway, and the services of the manifests given.')
    .argument('[paths...]', 'manifests, and folders with manifests and apps; they are watched (or $EBB_DEV_PATH)', [
      path,
    ])
    .option('-p, --port <port>', 'port of the gateway (default: 8080, or the next free one)', parsePort)
    .option('--https-port <port>', 'port of the gateway for https; certificate and authority are in .ebb', parsePort)
    .option('--api-port <port>', 'port of the Kubernetes API (default: 6443, or the next free one)', parsePort)
    .option(
      '--health-port <port>',
      'port of /healthz, /readyz and /metrics (default: 8086, or the next free one)',
      parsePort,
    )
    .option('--domain <domain>', 'services get <name>.<namespace>.<domain>', 'localhost')
    .option('--data-dir <folder>', "keep the cluster's state there across restarts (default: in memory)")
    .option('-n, --namespace <name>', 'namespace of manifests that name none; made if it is not there', 'default')
    .addOption(
      new Option(
        '--runtime <runtime>',
        'what runs instances: the folders of apps, Docker or Podman, or nothing but a timer',
      )
        .choices(['process', 'container', 'simulated'])
        .default('process'),
    )
    .option(
      '--workers <n>',
      'gateway processes that share its port; SIGUSR2 replaces them one by one (default: none)',
      parseCount,
      0,
    )
    .option('--verbose', 'log what each component does, in the log file', false)
    .addHelpText(
      'after',
      `
An app is a folder with a start command: a Procfile with "web: …", or a package.json with scripts.start, or an executable
file "start". Its image is dev.local/<folder name>. It must listen on the port in the environment variable PORT.

Examples:
  ebb dev examples
  ebb dev --port 9000 service.yaml ./app`,
    )
    .action(async (paths: string[], options: Options) => {
      // Loaded here: the other commands are quicker without the whole platform.
      const { runDev } = await import('../dev/dev.ts');
      await runDev({ paths, ...options }, io, signal);
    });
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count > 64) throw new InvalidArgumentError('a number of processes, up to 64.');
  return count;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535)
    throw new InvalidArgumentError('a port is a number from 1 to 65535.');
  return port;
}
