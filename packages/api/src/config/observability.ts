import { type ConfigData, readConfig } from './data.ts';

/** The ConfigMap `config-observability`, as far as Ebb uses it (serving-api.md, section 12). */
export interface ObservabilityConfig {
  /** `${REVISION_UID}` in it stands for the Revision's; empty: none. */
  readonly revisionUrlTemplate: string;
  readonly enableVarLogCollection: boolean;
  readonly requestLogTemplate: string;
  readonly enableRequestLog: boolean;
  readonly enableProbeRequestLog: boolean;
}

/** Reads `config-observability`; throws an `Error` with key, value and legal range. */
export function parseObservabilityConfig(data: ConfigData = {}): ObservabilityConfig {
  const read = readConfig(data);
  return {
    revisionUrlTemplate: read.text('logging.revision-url-template', ''),
    enableVarLogCollection: read.bool('logging.enable-var-log-collection', false),
    requestLogTemplate: read.text('logging.request-log-template', ''),
    enableRequestLog: read.bool('logging.enable-request-log', false),
    enableProbeRequestLog: read.bool('logging.enable-probe-request-log', false),
  };
}
