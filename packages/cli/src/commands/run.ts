import { Command, Option } from 'commander';
import type { Io } from '../io.ts';
import type { RunFlags } from '../run/settings.ts';

/** `ebb run`: components on a cluster. */
export function runCommand(io: Io, signal: AbortSignal): Command {
  return new Command('run')
    .description('Run components on a cluster: each on its own or together, as many replicas as wanted.')
    .argument('[apps...]', 'with --local-eci: folders with apps')
    .option('--components <list>', 'controller,webhook,autoscaler,virtual-node,gateway (default: all)')
    .option('--kubeconfig <file>', 'which cluster; default as of ebb get, and last the service account of the pod')
    .option('--context <name>', "which of the kubeconfig's contexts")
    .option('--name <name>', 'who this process is (default: $POD_NAME, or host and port)')
    .option('--host <address>', 'where everything listens (default: 127.0.0.1; 0.0.0.0 in a pod)')
    .option('--advertise <address>', 'where other processes reach this one (default: $POD_IP, or --host)')
    .option('-p, --port <port>', 'gateway, for requests from outside (default: 8080)')
    .option('--https-port <port>', 'gateway, for requests from outside over TLS (default: none)')
    .option('--https-external-port <port>', 'where clients reach that, for redirects (default: 443)')
    .option('--private-port <port>', 'gateway, for requests from inside the cluster (default: 8081)')
    .option('--health-port <port>', '/healthz, /readyz and /metrics (default: 8086)')
    .option('--stats-port <port>', "autoscaler, for the gateways' reports (default: 8087)")
    .option('--webhook-port <port>', 'webhook, TLS (default: 8443)')
    .option('--webhook-url <url>', 'where API servers call the webhook outside a cluster (default: by its Service)')
    .option('--kubelet-port <port>', 'virtual node, where API servers ask for logs, exec and figures (default: 10250)')
    .option('--kubelet-certificate <file>', 'what it shows there, in PEM (default: one of its own making)')
    .option('--kubelet-key <file>', 'its key')
    .option('--no-leader-election', 'for one replica only: take no Lease')
    .option('--workers <n>', 'gateway processes that share its ports; SIGUSR2 replaces them one by one (default: none)')
    .option('--drain-seconds <n>', 'after SIGTERM: not ready, but serving (default: 15; 0 on loopback)')
    .option('--grace-seconds <n>', 'then: longest wait for requests under way (default: 300)')
    .option('--node-name <name>', 'name of the virtual node (default: virtual-kubelet-<zone>)')
    .option('--region <id>', 'of ECI (default: cn-hangzhou)')
    .option('--zone <id>', 'of the virtual node (default: <region>-a)')
    .option('--eci-endpoint <host>', 'ECI (default: eci.<region>.aliyuncs.com)')
    .option('--vswitch <id>', 'vSwitch of the instances')
    .option('--security-group <id>', 'security group of the instances')
    .addOption(
      new Option('--local-eci [runtime]', 'instances on this machine instead: process, container or simulated'),
    )
    .option('--data-dir <folder>', 'with --local-eci: keeps its bill over a restart (default: in memory)')
    .option('--domain <domain>', 'gives Services hosts below it, unless the cluster has a domain')
    .option('--log-level <level>', 'debug, info, warn or error (default: info)')
    .addHelpText(
      'after',
      `
Most options may be given in the environment: EBB_PORT for --port and so on; docs/run-on-a-cluster.md lists them. ECI is
called as ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and ALIBABA_CLOUD_SECURITY_TOKEN say, or in a role.

Examples:
  ebb run --components=gateway --host 0.0.0.0
  ebb run --components=controller,webhook,autoscaler
  ebb run --local-eci --domain localhost examples`,
    )
    .action(async (paths: string[], flags: RunFlags) => {
      // Loaded here: the other commands are quicker without all components.
      const { runOnCluster } = await import('../run/run.ts');
      await runOnCluster({ paths, ...flags }, io, signal);
    });
}
