import type { CustomResourceDefinition } from '@ebb/api';
import type { ResourceInfo } from './resource-info.ts';
import { resourceKey } from './store/stored-pair.ts';

/** The resources that are served now: the built-in ones and those of CRDs. */
export class Registry {
  readonly #builtin: readonly ResourceInfo[];
  readonly #custom = new Map<string, { readonly infos: readonly ResourceInfo[]; readonly terminating: boolean }>();
  #all: readonly ResourceInfo[];
  #byPath = new Map<string, ResourceInfo>();
  #byKey = new Map<string, ResourceInfo>();
  #groups = new Set<string>();
  #versions = new Set<string>();

  constructor(builtin: readonly ResourceInfo[]) {
    this.#builtin = builtin;
    this.#all = builtin;
    this.#index();
  }

  /** All resources, built-in ones first. A new array whenever something changed. */
  all(): readonly ResourceInfo[] {
    return this.#all;
  }

  find(group: string, version: string, plural: string): ResourceInfo | undefined {
    return this.#byPath.get(`${group}/${version}/${plural}`);
  }

  /** The first served version of a resource, by its key in the store. */
  findByKey(key: string): ResourceInfo | undefined {
    return this.#byKey.get(key);
  }

  /** Whether anything is served in that group. */
  hasGroup(group: string): boolean {
    return this.#groups.has(group);
  }

  /** Whether anything is served in that version of that group. */
  hasVersion(group: string, version: string): boolean {
    return this.#versions.has(`${group}/${version}`);
  }

  /** Whether the CRD of that resource is being deleted, so that nothing new may be created. */
  isTerminating({ group, plural }: ResourceInfo): boolean {
    return this.#custom.get(`${plural}.${group}`)?.terminating ?? false;
  }

  /** Serves what a CRD defines, in place of what it defined before. */
  setCrd(crd: CustomResourceDefinition, infos: readonly ResourceInfo[]): void {
    const terminating = crd.metadata.deletionTimestamp !== undefined;
    this.#custom.set(crd.metadata.name ?? '', { infos, terminating });
    this.#index();
  }

  removeCrd(name: string): void {
    if (this.#custom.delete(name)) this.#index();
  }

  #index(): void {
    const custom = [...this.#custom.keys()].sort().flatMap((name) => this.#custom.get(name)?.infos ?? []);
    this.#all = [...this.#builtin, ...custom];
    this.#byPath = new Map(this.#all.map((info) => [`${info.group}/${info.version}/${info.plural}`, info]));
    this.#byKey = new Map(this.#all.toReversed().map((info) => [resourceKey(info), info]));
    this.#groups = new Set(this.#all.map(({ group }) => group));
    this.#versions = new Set(this.#all.map((info) => `${info.group}/${info.version}`));
  }
}
