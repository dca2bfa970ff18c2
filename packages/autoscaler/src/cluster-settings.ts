import { type ConfigMap, defaultAutoscalerConfig, parseAutoscalerConfig, parseGoDuration } from '@ebb/api';
import { type Logger, messageOf } from '@ebb/base';
import type { ScalerSettings } from './scaler-context.ts';

export const defaultClusterSettings: ScalerSettings = {
  autoscaler: defaultAutoscalerConfig,
  progressDeadlineMs: 600_000,
};

type Data = Readonly<Record<string, string>>;

/** What each ConfigMap, by name, sets. A parser throws on a map that is to be refused. */
const parsers: Readonly<Record<string, (data: Data) => Partial<ScalerSettings>>> = {
  'config-autoscaler': (data) => ({ autoscaler: parseAutoscalerConfig(data) }),
  'config-deployment': (data) => ({ progressDeadlineMs: parseProgressDeadline(data) }),
};

/**
 * The settings after a ConfigMap changed. A map with an error in it is logged and leaves the settings as they are; one that was
 * deleted (no `data`) sets the defaults. Maps of other names change nothing.
 */
export function withConfigMap(
  settings: ScalerSettings,
  { metadata: { name = '' }, data = {} }: Pick<ConfigMap, 'metadata' | 'data'>,
  logger: Logger,
): ScalerSettings {
  const parse = Object.hasOwn(parsers, name) ? parsers[name] : undefined;
  if (!parse) return settings;
  try {
    return { ...settings, ...parse(data) };
  } catch (error) {
    logger.warn({ configMap: name, error: messageOf(error) }, 'the ConfigMap is refused; the last good one stays');
    return settings;
  }
}

function parseProgressDeadline(data: Data): number {
  const text = data['progress-deadline'];
  if (text === undefined) return defaultClusterSettings.progressDeadlineMs;
  const ms = parseGoDuration(text);
  if (ms === undefined || ms <= 0 || ms % 1000 !== 0) {
    throw new Error(`progress-deadline = ${text}, must be a duration above 0s in whole seconds`);
  }
  return ms;
}
