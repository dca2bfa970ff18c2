import type { Admission, KubernetesObject } from '@ebb/api';
import type { Clock, Logger } from '@ebb/base';
import type { Registry } from '../registry.ts';
import type { PodTemplates } from './pod-templates.ts';
import type { ServiceAddresses } from './service-addresses.ts';
import type { ResourceInfo } from '../resource-info.ts';
import type { Storage } from '../store/storage.ts';
import { resourceKey } from '../store/stored-pair.ts';
import type { StoredObject } from '../store/stored-object.ts';
import { invalidOptions, notFound } from './errors.ts';

/** What the operations work on. */
export interface Machine {
  readonly storage: Storage;
  readonly registry: Registry;
  readonly admission: Admission;
  readonly addresses: ServiceAddresses;
  readonly templates: PodTemplates;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How to treat fields that the kind does not have. */
export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

/** One call on a resource, as parsed from a request. */
export interface Call {
  readonly info: ResourceInfo;
  /** `''` for cluster-scoped resources, and for all namespaces. */
  readonly namespace: string;
  /** `''` for a collection. */
  readonly name: string;
  /** `''` for the object itself. */
  readonly subresource: string;
  readonly query: URLSearchParams;
  readonly userName: string;
  /** Who owns the fields written. */
  readonly manager: string;
  readonly dryRun: boolean;
  readonly fieldValidation: FieldValidation;
  /** Paths of fields that stand more than once in the body. Default: none. */
  readonly duplicates?: readonly string[];
  /** Texts for `Warning` headers; operations add to it. */
  readonly warnings: string[];
}

export const apiVersionOfInfo = ({ group, version }: ResourceInfo): string =>
  group === '' ? version : `${group}/${version}`;

/** The time as Kubernetes writes it: whole seconds. */
export { toTimestamp as timestamp } from '@ebb/base';

/** The stored object that a call names, or throws `NotFound`. */
export function requireStored(machine: Machine, { info, namespace, name }: Call): StoredObject {
  const stored = machine.storage.table(resourceKey(info)).get(namespace, name);
  if (!stored) throw notFound(info, name);
  return stored;
}

/** The object as the call's version of the resource shows it. Shared: not to be changed. */
export function shown(call: Call, stored: StoredObject): KubernetesObject {
  return stored.as(apiVersionOfInfo(call.info));
}

/** `dryRun` of options of that kind: absent, or `All`. Throws `Invalid` otherwise. */
export function parseDryRun(values: readonly string[], optionsKind: string): boolean {
  if (values.some((value) => value !== 'All' && value !== '')) {
    const found = `[]string{${values.map((value) => JSON.stringify(value)).join(', ')}}`;
    const message = `Unsupported value: ${found}: supported values: "All"`;
    throw invalidOptions(optionsKind, { field: 'dryRun', reason: 'FieldValueNotSupported', message });
  }
  return values.includes('All');
}
