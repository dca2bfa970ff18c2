import { hostname } from 'node:os';
import { UserError } from '@ebb/base';
import type { CredentialSource, EciAccess, EciCredentials } from '@ebb/virtual-node';
import type { RuntimeName } from '../dev/runtime.ts';
import { type ComponentName, componentNames } from '../platform/component-options.ts';

/** What the command line says; texts, as numbers may come from the environment too. */
export interface RunFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly components?: string;
  readonly name?: string;
  readonly host?: string;
  readonly advertise?: string;
  readonly port?: string;
  readonly privatePort?: string;
  readonly httpsPort?: string;
  readonly httpsExternalPort?: string;
  readonly healthPort?: string;
  readonly statsPort?: string;
  readonly webhookPort?: string;
  readonly webhookUrl?: string;
  readonly kubeletPort?: string;
  readonly kubeletCertificate?: string;
  readonly kubeletKey?: string;
  readonly leaderElection: boolean;
  readonly workers?: string;
  readonly drainSeconds?: string;
  readonly graceSeconds?: string;
  readonly nodeName?: string;
  readonly region?: string;
  readonly zone?: string;
  readonly eciEndpoint?: string;
  readonly vswitch?: string;
  readonly securityGroup?: string;
  readonly localEci?: string | true;
  readonly dataDir?: string;
  readonly domain?: string;
  readonly logLevel?: string;
}

/** What `ebb run` is to do, checked. */
export interface RunSettings {
  readonly components: readonly ComponentName[];
  readonly name: string;
  readonly host: string;
  readonly advertise: string;
  readonly ports: Readonly<Record<'gateway' | 'private' | 'health' | 'stats' | 'webhook' | 'kubelet', number>>;
  /** Where the gateway speaks TLS, and where clients reach that; undefined: nowhere. */
  readonly https: { readonly port: number; readonly externalPort: number } | undefined;
  readonly webhookUrl: string | undefined;
  /** Files with what the virtual node shows on its port; undefined if it is to make that itself. */
  readonly kubeletServing: { readonly certificate: string; readonly key: string } | undefined;
  readonly leaderElection: boolean;
  /** Gateway processes beside this one; 0 if the gateway is to run in this one. */
  readonly workers: number;
  readonly drainMs: number;
  readonly graceMs: number;
  readonly nodeName: string;
  readonly zone: string;
  /** An ECI of this machine's own where there is none. */
  readonly eci: EciAccess | undefined;
  /** What instances on this machine are run as, if they are to run here. */
  readonly localEci: RuntimeName | undefined;
  /** Where the bill of the local ECI is kept; undefined: in memory alone. */
  readonly dataDir: string | undefined;
  readonly domain: string | undefined;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
}

type Env = Readonly<Record<string, string | undefined>>;

interface Said {
  readonly value: string;
  /** The flag or variable that says it, for messages. */
  readonly by: string;
}

const anyAddress: ReadonlySet<string> = new Set(['0.0.0.0', '::']);
const runtimeNames = ['process', 'container', 'simulated'] as const satisfies readonly RuntimeName[];
const levels = ['debug', 'info', 'warn', 'error'] as const;

/**
 * Puts together what flags and environment say, flags first. Throws `UserError` that names the flag or variable where a value is
 * none, or one that is needed is missing.
 */
export function readSettings(flags: RunFlags, env: Env): RunSettings {
  const say = (flag: string | undefined, option: string, variable: string): Said | undefined => {
    if (flag !== undefined) return { value: flag, by: option };
    return env[variable] ? { value: env[variable], by: variable } : undefined;
  };
  const components = componentsOf(say(flags.components, '--components', 'EBB_COMPONENTS'));
  const host = say(flags.host, '--host', 'EBB_HOST')?.value ?? '127.0.0.1';
  const advertise = say(flags.advertise, '--advertise', 'POD_IP')?.value ?? host;
  const port = portOf(say(flags.port, '--port', 'EBB_PORT'), 8080);
  const region = say(flags.region, '--region', 'EBB_REGION')?.value ?? 'cn-hangzhou';
  // Nobody's load balancer has to notice that a gateway on loopback goes.
  const isAlone = host === '127.0.0.1' || host === 'localhost' || host === '::1';
  const local = flags.localEci !== undefined;
  const zone = say(flags.zone, '--zone', 'EBB_ZONE')?.value ?? (local ? 'local-a' : `${region}-a`);
  const leaderElection = flags.leaderElection;
  if (leaderElection && anyAddress.has(advertise)) {
    throw new UserError(
      `listening on ${host}: say with --advertise or POD_IP at which address others reach this process`,
    );
  }
  const https = say(flags.httpsPort, '--https-port', 'EBB_HTTPS_PORT');
  const external = say(flags.httpsExternalPort, '--https-external-port', 'EBB_HTTPS_EXTERNAL_PORT');
  const level = say(flags.logLevel, '--log-level', 'EBB_LOG_LEVEL');
  const logLevel = levels.find((each) => each === (level?.value ?? 'info'));
  if (!logLevel) throw new UserError(`${level?.by}: "${level?.value}" is not one of ${levels.join(', ')}`);
  return {
    components,
    host,
    advertise,
    leaderElection,
    zone,
    logLevel,
    name: nameOf(say(flags.name, '--name', 'POD_NAME'), port),
    ports: {
      gateway: port,
      private: portOf(say(flags.privatePort, '--private-port', 'EBB_PRIVATE_PORT'), 8081),
      health: portOf(say(flags.healthPort, '--health-port', 'EBB_HEALTH_PORT'), 8086),
      stats: portOf(say(flags.statsPort, '--stats-port', 'EBB_STATS_PORT'), 8087),
      webhook: portOf(say(flags.webhookPort, '--webhook-port', 'EBB_WEBHOOK_PORT'), 8443),
      kubelet: portOf(say(flags.kubeletPort, '--kubelet-port', 'EBB_KUBELET_PORT'), 10_250),
    },
    https: https && { port: portOf(https, 0), externalPort: portOf(external, 443) },
    webhookUrl: say(flags.webhookUrl, '--webhook-url', 'EBB_WEBHOOK_URL')?.value,
    kubeletServing: servingOf(
      say(flags.kubeletCertificate, '--kubelet-certificate', 'EBB_KUBELET_CERTIFICATE'),
      say(flags.kubeletKey, '--kubelet-key', 'EBB_KUBELET_KEY'),
    ),
    workers: workersOf(say(flags.workers, '--workers', 'EBB_WORKERS'), leaderElection),
    drainMs: secondsOf(say(flags.drainSeconds, '--drain-seconds', 'EBB_DRAIN_SECONDS'), isAlone ? 0 : 15) * 1000,
    graceMs: secondsOf(say(flags.graceSeconds, '--grace-seconds', 'EBB_GRACE_SECONDS'), 300) * 1000,
    nodeName: say(flags.nodeName, '--node-name', 'EBB_NODE_NAME')?.value ?? `virtual-kubelet-${zone}`,
    eci: local || !components.includes('virtual-node') ? undefined : eciOf(flags, env, region),
    localEci: local ? runtimeOf(flags.localEci) : undefined,
    dataDir: say(flags.dataDir, '--data-dir', 'EBB_DATA_DIR')?.value,
    domain: say(flags.domain, '--domain', 'EBB_DOMAIN')?.value,
  };
}

function componentsOf(said: Said | undefined): readonly ComponentName[] {
  if (!said) return componentNames;
  const names = said.value.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !componentNames.some((each) => each === name));
  if (unknown !== undefined) {
    throw new UserError(`${said.by}: "${unknown}" is not a component; there are ${componentNames.join(', ')}`);
  }
  return componentNames.filter((name) => names.includes(name));
}

function runtimeOf(flag: string | true | undefined): RuntimeName {
  const runtime = runtimeNames.find((name) => name === (flag === true ? 'process' : flag));
  if (runtime) return runtime;
  throw new UserError(`--local-eci: "${String(flag)}" is not known; there are ${runtimeNames.join(', ')}`);
}

/** It becomes part of the name of a Lease. */
function nameOf(said: Said | undefined, port: number): string {
  const name =
    said?.value ??
    `${hostname()
      .toLowerCase()
      .replaceAll(/[^a-z0-9-]+/g, '-')}-${port}`.replace(/^-+/, '');
  if (name.length > 200 || !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name)) {
    throw new UserError(
      `${said?.by ?? 'the name of this host'}: "${name}" is no name: lower case letters, digits and -`,
    );
  }
  return name;
}

function portOf(said: Said | undefined, fallback: number): number {
  if (!said) return fallback;
  const port = Number(said.value);
  if (/^\d+$/.test(said.value) && port < 65_536) return port;
  throw new UserError(`${said.by}: "${said.value}" is not a port: a number up to 65535, 0 for any free one`);
}

function servingOf(certificate: Said | undefined, key: Said | undefined): RunSettings['kubeletServing'] {
  if (certificate && key) return { certificate: certificate.value, key: key.value };
  const one = certificate ?? key;
  if (one) throw new UserError(`${one.by}: give both --kubelet-certificate and --kubelet-key, or none`);
  return undefined;
}

const maxWorkers = 64;

function workersOf(said: Said | undefined, leaderElection: boolean): number {
  if (!said) return 0;
  const workers = Number(said.value);
  if (!/^\d+$/.test(said.value) || workers > maxWorkers) {
    throw new UserError(`${said.by}: "${said.value}" is not a number of processes, up to ${maxWorkers}`);
  }
  if (workers > 0 && !leaderElection) {
    throw new UserError(`${said.by}: several gateways need Leases; leave out --no-leader-election`);
  }
  return workers;
}

function secondsOf(said: Said | undefined, fallback: number): number {
  if (!said) return fallback;
  const seconds = Number(said.value);
  if (/^\d+$/.test(said.value) && seconds <= 86_400) return seconds;
  throw new UserError(`${said.by}: "${said.value}" is not a whole number of seconds, up to a day`);
}

function eciOf(flags: RunFlags, env: Env, regionId: string): EciAccess {
  const given = flags.eciEndpoint ?? env['EBB_ECI_ENDPOINT'] ?? `eci.${regionId}.aliyuncs.com`;
  const [, scheme, endpoint] = /^(?:(https?):\/\/)?([^/\s]+)\/?$/.exec(given) ?? [];
  if (!endpoint) throw new UserError(`--eci-endpoint: "${given}" is not a host, host:port, or http://host:port`);
  return {
    endpoint,
    protocol: scheme === 'http' ? 'http' : 'https',
    regionId,
    ...credentialsOf(env),
    vSwitchId: flags.vswitch ?? (env['EBB_VSWITCH_ID'] || undefined),
    securityGroupId: flags.securityGroup ?? (env['EBB_SECURITY_GROUP_ID'] || undefined),
  };
}

/** As the SDKs of Alibaba Cloud find them: a key, a role of the cluster's service accounts, that of the machine, or an address. */
function credentialsOf(env: Env): EciCredentials {
  const get = (name: string): string => env[`ALIBABA_CLOUD_${name}`] ?? '';
  const [accessKeyId, accessKeySecret] = [get('ACCESS_KEY_ID'), get('ACCESS_KEY_SECRET')];
  if (accessKeyId && accessKeySecret) {
    return { accessKeyId, accessKeySecret, securityToken: get('SECURITY_TOKEN') || undefined };
  }
  const source = sourceOf(get);
  if (source) return { credentialSource: source };
  throw new UserError(
    'the virtual node needs ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET in its environment, or a role (docs/run-on-a-cluster.md); --local-eci runs instances on this machine instead',
  );
}

function sourceOf(get: (name: string) => string): CredentialSource | undefined {
  const [roleArn, oidcProviderArn] = [get('ROLE_ARN'), get('OIDC_PROVIDER_ARN')];
  const oidcTokenFilePath = get('OIDC_TOKEN_FILE');
  if (roleArn && oidcProviderArn && oidcTokenFilePath) {
    const roleSessionName = get('ROLE_SESSION_NAME') || 'ebb';
    return { type: 'oidc_role_arn', roleArn, oidcProviderArn, oidcTokenFilePath, roleSessionName };
  }
  const roleName = get('ECS_METADATA');
  if (roleName) return { type: 'ecs_ram_role', roleName };
  const credentialsURI = get('CREDENTIALS_URI');
  return credentialsURI ? { type: 'credentials_uri', credentialsURI } : undefined;
}
