import { type ConfigData, atLeast, between, readConfig } from './data.ts';

const tracingProtocols = ['none', 'grpc', 'http/protobuf', 'stdout'] as const;

/** Where spans of requests go. */
export interface TracingConfig {
  readonly protocol: (typeof tracingProtocols)[number];
  /** URL of the collector; empty where the protocol sends nothing. */
  readonly endpoint: string;
  /** Part of the traces that begin here which is told, from 0 to 1. Of those that began elsewhere it was decided there. */
  readonly samplingRate: number;
}

/** The ConfigMap `config-observability`, as far as Ebb uses it (serving-api.md, section 12). */
export interface ObservabilityConfig {
  /** `${REVISION_UID}` in it stands for the Revision's; empty: none. */
  readonly revisionUrlTemplate: string;
  readonly enableVarLogCollection: boolean;
  /** A Go template of lines of the log of requests; undefined: Ebb's own form. */
  readonly requestLogTemplate: string | undefined;
  readonly enableRequestLog: boolean;
  readonly enableProbeRequestLog: boolean;
  /** Part of all requests that is logged, from 0 to 1. A key of Ebb's own. */
  readonly requestLogSampleRate: number;
  readonly tracing: TracingConfig;
}

const templateKey = 'logging.request-log-template';
const enableKey = 'logging.enable-request-log';

/** Reads `config-observability`; throws an `Error` with key, value and legal range. What Ebb makes no use of is only checked. */
export function parseObservabilityConfig(data: ConfigData = {}): ObservabilityConfig {
  const read = readConfig(data);
  const exporters = ['none', 'grpc', 'http/protobuf'] as const;
  for (const prefix of ['', 'request-']) {
    checkExport(data, `${prefix}metrics`, [...exporters, 'prometheus']);
    read.durationMs(`${prefix}metrics-export-interval`, 0, notNegative);
  }
  const protocol = checkExport(data, 'tracing', tracingProtocols);
  read.word('runtime-profiling', ['enabled', 'disabled'], 'disabled');
  read.durationMs('runtime-export-interval', 0, notNegative);
  const enableRequestLog = read.bool(enableKey, false);
  if (enableRequestLog && data[templateKey] === '') {
    throw new Error(`${enableKey} = true, must not be while ${templateKey} is empty`);
  }
  return {
    revisionUrlTemplate: read.text('logging.revision-url-template', ''),
    enableVarLogCollection: read.bool('logging.enable-var-log-collection', false),
    requestLogTemplate: data[templateKey],
    enableRequestLog,
    enableProbeRequestLog: read.bool('logging.enable-probe-request-log', false),
    requestLogSampleRate: read.number('ebb-request-log-sample-rate', 1, between(0, 1)),
    tracing: {
      protocol,
      endpoint: read.text('tracing-endpoint', ''),
      samplingRate: read.number('tracing-sampling-rate', 0, between(0, 1)),
    },
  };
}

const notNegative = { ...atLeast(0), must: '0s or more' };

/** How something is exported: an endpoint goes with the protocols that send, and only with them. */
function checkExport<T extends string>(data: ConfigData, what: string, protocols: readonly (T | 'none')[]): T | 'none' {
  const protocol = readConfig(data).word(`${what}-protocol`, protocols, 'none');
  const endpoint = data[`${what}-endpoint`] ?? '';
  const sends = protocol === 'grpc' || protocol === 'http/protobuf';
  if (sends && endpoint === '') throw new Error(`${what}-protocol = ${protocol}, must have a ${what}-endpoint`);
  if (!sends && protocol !== 'prometheus' && endpoint !== '') {
    throw new Error(`${what}-endpoint = ${endpoint}, must not be set while ${what}-protocol is ${protocol}`);
  }
  return protocol;
}
