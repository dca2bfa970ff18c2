import { type ConfigData, readConfig } from './data.ts';
import { isRecord, parseYaml } from './yaml.ts';

/** ConfigMaps of Knative's that nothing in Ebb reads: they are checked, so that they are right when something does. */

const levels = ['debug', 'info', 'warn', 'error', 'dpanic', 'panic', 'fatal'];

/** `config-logging`: levels by component. Throws an `Error` with key, value and what it must be. */
export function checkLoggingConfig(data: ConfigData = {}): void {
  for (const key of Object.keys(data)) if (key.startsWith('loglevel.')) readConfig(data).word(key, levels, 'info');
}

/** `config-certmanager`: references to issuers, in YAML. Throws an `Error` with key, value and what it must be. */
export function checkCertManagerConfig(data: ConfigData = {}): void {
  for (const key of ['issuerRef', 'clusterLocalIssuerRef', 'systemInternalIssuerRef']) {
    const reference = parseYaml(key, data[key] ?? '') ?? {};
    const isReference = isRecord(reference) && Object.values(reference).every((value) => typeof value === 'string');
    if (!isReference) throw new Error(`${key} = ${data[key]}, must be YAML with group, kind and name of an issuer`);
  }
}
