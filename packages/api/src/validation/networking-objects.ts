import { type FieldError, invalidArrayValue, invalidValue, missingField, viaField } from '../field-error.ts';
import type { Certificate, ServerlessService } from '../networking.ts';
import { isSet, missingAmong } from './set-fields.ts';

/** A Certificate: at least one host, and a Secret to put it into. */
export function validateCertificate({ spec }: Certificate): FieldError[] {
  return viaField('spec', [
    ...missingFields(missingAmong(spec, ['dnsNames', 'secretName'])),
    ...spec.dnsNames.flatMap((host, index) => (host === '' ? [invalidArrayValue(host, 'dnsNames', index)] : [])),
  ]);
}

const modes: ReadonlySet<string> = new Set(['Proxy', 'Serve']);
const protocols: ReadonlySet<string> = new Set(['http1', 'h2c']);

/** A ServerlessService (serving-api.md, section 18). */
export function validateServerlessService({ spec }: ServerlessService): FieldError[] {
  const { mode = '', protocolType = '', objectRef, numActivators = 0 } = spec;
  return viaField('spec', [
    ...validateWord('mode', mode, modes),
    ...validateWord('protocolType', protocolType, protocols),
    ...viaField('objectRef', missingFields(missingAmong(objectRef, ['apiVersion', 'kind', 'name']))),
    ...(numActivators < 0 ? [invalidValue(numActivators, 'numActivators')] : []),
  ]);
}

function validateWord(field: string, word: string, words: ReadonlySet<string>): FieldError[] {
  if (!isSet(word)) return [missingField(field)];
  return words.has(word) ? [] : [invalidValue(word, field)];
}

const missingFields = (fields: readonly string[]): FieldError[] => (fields.length > 0 ? [missingField(...fields)] : []);
