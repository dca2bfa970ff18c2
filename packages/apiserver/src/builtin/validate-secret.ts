import { type FieldError, invalid, required } from '../schema/field-error.ts';
import { type JsonObject, objectOf, stringOf } from '../schema/json.ts';

/** Keys that Secrets of a type must have. */
const neededKeys: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};
const accountAnnotation = 'kubernetes.io/service-account.name';

/** What a Secret lacks that its type asks for. */
export function secretErrors({ type, data, metadata }: JsonObject): FieldError[] {
  const given = objectOf(data);
  const of = stringOf(type);
  const missing = (keys: readonly string[]): FieldError[] =>
    keys.filter((key) => !Object.hasOwn(given, key)).map((key) => required(`data[${key}]`));
  switch (of) {
    case 'kubernetes.io/basic-auth': {
      const keys = ['username', 'password'];
      return keys.some((key) => Object.hasOwn(given, key)) ? [] : missing(keys);
    }
    case 'kubernetes.io/service-account-token': {
      const account = stringOf(objectOf(objectOf(metadata)['annotations'])[accountAnnotation]);
      return account === '' ? [required(`metadata.annotations[${accountAnnotation}]`)] : [];
    }
    default: {
      const keys = Object.hasOwn(neededKeys, of) ? (neededKeys[of] ?? []) : [];
      const errors = missing(keys);
      if (errors.length > 0 || !of.startsWith('kubernetes.io/docker')) return errors;
      return keys.flatMap((key) => jsonErrors(key, stringOf(given[key])));
    }
  }
}

/** The contents are not shown: they are secret. */
function jsonErrors(key: string, base64: string): FieldError[] {
  try {
    JSON.parse(Buffer.from(base64, 'base64').toString());
    return [];
  } catch {
    return [invalid(`data[${key}]`, '<secret contents redacted>', 'it is not JSON')];
  }
}
