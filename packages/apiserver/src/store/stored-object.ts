import type { KubernetesObject } from '@ebb/api';

/** One version of one object, with its text. Shared by readers and watchers, and so frozen. */
export class StoredObject {
  readonly object: KubernetesObject;
  readonly revision: number;
  /** The object as JSON; `apiVersion` and `kind` come first in it, so that both are cheap to exchange. */
  readonly json: string;
  readonly #prefixLength: number;

  constructor(object: KubernetesObject, revision: number, json?: string) {
    const { apiVersion = '', kind = '', ...rest } = object;
    this.object = freeze(json === undefined ? { apiVersion, kind, ...rest } : object);
    this.revision = revision;
    this.json = json ?? JSON.stringify(this.object);
    this.#prefixLength = prefix(apiVersion, kind).length;
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
    return prefix(apiVersion, this.object.kind ?? '') + this.json.slice(this.#prefixLength);
  }

  /** The text without `apiVersion` and `kind`, as items of a built-in list have it. */
  bareJson(): string {
    return `{${this.json.slice(this.#prefixLength)}`;
  }
}

const prefix = (apiVersion: string, kind: string): string =>
  `{"apiVersion":${JSON.stringify(apiVersion)},"kind":${JSON.stringify(kind)},`;

function freeze<T extends object>(value: T): T {
  Object.freeze(value);
  for (const child of Object.values(value) as unknown[]) {
    if (typeof child === 'object' && child !== null && !Object.isFrozen(child)) freeze(child);
  }
  return value;
}
