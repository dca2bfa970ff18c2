import { type AutoscalerConfig, parseAutoscalerConfig } from '../autoscaler/config.ts';
import { checkCertManagerConfig, checkLoggingConfig } from './checked-only.ts';
import type { ConfigData } from './data.ts';
import { type DefaultsConfig, parseDefaultsConfig } from './defaults.ts';
import { type DeploymentConfig, parseDeploymentConfig } from './deployment.ts';
import { type DomainConfig, parseDomainConfig } from './domain.ts';
import { type FeaturesConfig, parseFeaturesConfig } from './features.ts';
import { type GcConfig, parseGcConfig } from './gc.ts';
import { parseLeaderElectionConfig } from './leader-election.ts';
import { type NetworkConfig, parseNetworkConfig } from './network.ts';
import { type ObservabilityConfig, parseObservabilityConfig } from './observability.ts';

/** Knative's ConfigMaps, complete, each under the end of its name. */
export interface ServingConfig {
  readonly autoscaler: AutoscalerConfig;
  readonly defaults: DefaultsConfig;
  readonly deployment: DeploymentConfig;
  readonly domain: DomainConfig;
  readonly features: FeaturesConfig;
  readonly gc: GcConfig;
  readonly network: NetworkConfig;
  readonly observability: ObservabilityConfig;
}

type Parser<T> = (data?: ConfigData) => T;

const parsers: { readonly [K in keyof ServingConfig]: Parser<ServingConfig[K]> } = {
  autoscaler: parseAutoscalerConfig,
  defaults: parseDefaultsConfig,
  deployment: parseDeploymentConfig,
  domain: parseDomainConfig,
  features: parseFeaturesConfig,
  gc: parseGcConfig,
  network: parseNetworkConfig,
  observability: parseObservabilityConfig,
};

const checked: Readonly<Record<string, Parser<unknown>>> = {
  ...parsers,
  logging: checkLoggingConfig,
  'leader-election': parseLeaderElectionConfig,
  certmanager: checkCertManagerConfig,
};

/** The parser of a ConfigMap by its name (`config-defaults`); `undefined` for others. It throws an `Error` on bad data. */
export function configMapParser(name: string): Parser<unknown> | undefined {
  const part = name.startsWith('config-') ? name.slice('config-'.length) : '';
  return Object.hasOwn(checked, part) ? checked[part] : undefined;
}

/**
 * Reads the data of Knative's ConfigMaps by name (`config-defaults`, `config-features`, …); an absent one gives its defaults, others
 * are ignored. Throws an `Error` that names the ConfigMap, the key, the value and its legal range.
 */
export function parseServingConfig(
  maps: Readonly<Record<string, Readonly<Record<string, string>> | undefined>>,
): ServingConfig {
  const read = <K extends keyof ServingConfig>(part: K): ServingConfig[K] => {
    const name = `config-${part}`;
    try {
      return parsers[part](maps[name] ?? {});
    } catch (cause) {
      throw new Error(`${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  };
  return {
    autoscaler: read('autoscaler'),
    defaults: read('defaults'),
    deployment: read('deployment'),
    domain: read('domain'),
    features: read('features'),
    gc: read('gc'),
    network: read('network'),
    observability: read('observability'),
  };
}

/** What holds where no ConfigMap says otherwise. */
export const defaultServingConfig: ServingConfig = parseServingConfig({});
