import { type ConfigData, atLeast, readConfig } from './data.ts';
import { type Template, parseTemplate } from './template/template.ts';

/** The ConfigMap `config-defaults`, complete (serving-api.md, section 12). Times in seconds, as in specs. */
export interface DefaultsConfig {
  readonly revisionTimeoutSeconds: number;
  readonly maxRevisionTimeoutSeconds: number;
  readonly responseStartTimeoutSeconds: number;
  /** 0: none. */
  readonly idleTimeoutSeconds: number;
  /** Quantities by resource (`cpu`, `memory`, `ephemeral-storage`), for containers that ask for none. */
  readonly resources: {
    readonly requests: Readonly<Record<string, string>>;
    readonly limits: Readonly<Record<string, string>>;
  };
  /** Over the parent's `Name`, `Namespace`, `Labels`, `Annotations`. */
  readonly containerNameTemplate: Template;
  readonly initContainerNameTemplate: Template;
  /** 0: unlimited. */
  readonly containerConcurrency: number;
  readonly containerConcurrencyMaxLimit: number;
  readonly allowContainerConcurrencyZero: boolean;
  /** `undefined`: a spec that leaves it open stays so. */
  readonly enableServiceLinks: boolean | undefined;
}

/** Reads `config-defaults`; throws an `Error` with key, value and legal range. */
export function parseDefaultsConfig(data: ConfigData = {}): DefaultsConfig {
  const read = readConfig(data);
  const maxTimeout = read.integer('max-revision-timeout-seconds', 600, atLeast(0));
  const timeout = read.integer('revision-timeout-seconds', 300);
  if (timeout < 0 || timeout > maxTimeout) {
    throw new Error(
      `revision-timeout-seconds = ${timeout}, must be within [0, ${maxTimeout}], where max-revision-timeout-seconds is ${maxTimeout}`,
    );
  }
  const upToTimeout = within(0, timeout, 'revision-timeout-seconds');
  const maxConcurrency = read.integer('container-concurrency-max-limit', 1000, atLeast(1));
  const allowZero = read.bool('allow-container-concurrency-zero', true);
  return {
    revisionTimeoutSeconds: timeout,
    maxRevisionTimeoutSeconds: maxTimeout,
    responseStartTimeoutSeconds: read.integer('revision-response-start-timeout-seconds', timeout, upToTimeout),
    idleTimeoutSeconds: read.integer('revision-idle-timeout-seconds', 0, upToTimeout),
    resources: { requests: readResources(data, 'request'), limits: readResources(data, 'limit') },
    containerNameTemplate: readTemplate(data, 'container-name-template', 'user-container'),
    initContainerNameTemplate: readTemplate(data, 'init-container-name-template', 'init-container'),
    containerConcurrency: read.integer(
      'container-concurrency',
      0,
      within(allowZero ? 0 : 1, maxConcurrency, 'container-concurrency-max-limit'),
    ),
    containerConcurrencyMaxLimit: maxConcurrency,
    allowContainerConcurrencyZero: allowZero,
    enableServiceLinks: readTriState(data['enable-service-links']),
  };
}

const within = (low: number, high: number, key: string): ReturnType<typeof atLeast> => ({
  holds: (value) => value >= low && value <= high,
  must: `within [${low}, ${high}], where ${key} is ${high}`,
});

function readResources(data: ConfigData, what: 'request' | 'limit'): Record<string, string> {
  const read = readConfig(data);
  const entries = ['cpu', 'memory', 'ephemeral-storage'].flatMap((resource) => {
    const quantity = read.quantity(`revision-${resource}-${what}`);
    return quantity === undefined ? [] : [[resource, quantity] as const];
  });
  return Object.fromEntries(entries);
}

function readTemplate(data: ConfigData, key: string, byDefault: string): Template {
  const text = data[key] ?? byDefault;
  try {
    const template = parseTemplate(text);
    template.render({ Name: 'name', Namespace: 'namespace', Labels: {}, Annotations: {} });
    return template;
  } catch (cause) {
    throw new Error(`${key} = ${text}, must be a template over Name, Namespace, Labels and Annotations`, { cause });
  }
}

function readTriState(text = 'false'): boolean | undefined {
  const word = text.trim().toLowerCase();
  return word === 'true' || word === 'false' ? word === 'true' : undefined;
}
