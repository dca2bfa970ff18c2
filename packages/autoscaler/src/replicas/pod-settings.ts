import { type ConfigMap, type PodOptions, defaultServingConfig, parseServingConfig } from '@ebb/api';
import { type Logger, messageOf } from '@ebb/base';

/** What the cluster's ConfigMaps say about pods. */
export type PodConfig = NonNullable<PodOptions['config']>;

const parts = {
  'config-defaults': 'defaults',
  'config-deployment': 'deployment',
  'config-features': 'features',
} as const;

/**
 * What pods are to be like after a ConfigMap changed. A map with an error in it is logged and leaves everything as it is; one that
 * was deleted (no `data`) sets the defaults. Maps of other names change nothing.
 */
export function withPodSettings(
  config: PodConfig,
  { metadata: { name = '' }, data = {} }: Pick<ConfigMap, 'metadata' | 'data'>,
  logger: Logger,
): PodConfig {
  const part = Object.hasOwn(parts, name) ? parts[name as keyof typeof parts] : undefined;
  if (!part) return config;
  try {
    return { ...config, [part]: parseServingConfig({ [name]: data })[part] };
  } catch (error) {
    logger.warn(
      { configMap: name, error: messageOf(error) },
      'the ConfigMap is refused; pods are made by the last good one',
    );
    return config;
  }
}

export const defaultPodConfig: PodConfig = defaultServingConfig;
