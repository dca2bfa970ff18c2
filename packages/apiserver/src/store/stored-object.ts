import type { KubernetesObject } from '@ebb/api';

/** One version of one object, with its text once somebody asked for it. Shared by readers and watchers, and so frozen. */
export class StoredObject {
  readonly object: KubernetesObject;
  readonly revision: number;
  /** Roughly how many characters of it no earlier version holds. */
  readonly weight: number;
  #json: string | undefined;

  constructor(object: KubernetesObject, revision: number, json?: string) {
    const { apiVersion = '', kind = '', ...rest } = object;
    this.object = json === undefined ? { apiVersion, kind, ...rest } : object;
    this.weight = freeze(this.object);
    this.revision = revision;
    this.#json = json;
  }

  /** The object as JSON; `apiVersion` and `kind` come first in it, so that both are cheap to exchange. */
  get json(): string {
    return (this.#json ??= JSON.stringify(this.object));
  }

  get namespace(): string {
    return this.object.metadata.namespace ?? '';
  }

  get name(): string {
    return this.object.metadata.name ?? '';
  }

  get uid(): string {
    return this.object.metadata.uid ?? '';
  }

  /** The object in another version of its group; the same one if it is of that version. */
  as(apiVersion: string): KubernetesObject {
    return this.object.apiVersion === apiVersion ? this.object : Object.freeze({ ...this.object, apiVersion });
  }

  jsonAs(apiVersion: string): string {
    if (this.object.apiVersion === apiVersion) return this.json;
    return prefix(apiVersion, this.object.kind ?? '') + this.#rest();
  }

  /** The text without `apiVersion` and `kind`, as items of a built-in list have it. */
  bareJson(): string {
    return `{${this.#rest()}`;
  }

  /** What follows `apiVersion` and `kind` in the text. */
  #rest(): string {
    const { apiVersion = '', kind = '' } = this.object;
    return this.json.slice(prefix(apiVersion, kind).length);
  }
}

const prefix = (apiVersion: string, kind: string): string =>
  `{"apiVersion":${JSON.stringify(apiVersion)},"kind":${JSON.stringify(kind)},`;

/** Characters that a value with its punctuation takes at least. */
const perValue = 8;

/** Freezes a value and all in it that is not frozen yet; roughly how many characters that is. */
export function freeze(value: object): number {
  Object.freeze(value);
  let characters = 0;
  for (const key of Object.keys(value)) {
    const child = (value as Readonly<Record<string, unknown>>)[key];
    characters += key.length + (typeof child === 'string' ? child.length : perValue);
    if (typeof child === 'object' && child !== null && !Object.isFrozen(child)) characters += freeze(child);
  }
  return characters;
}
