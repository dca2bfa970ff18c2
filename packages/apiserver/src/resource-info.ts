import type { PrinterColumn, Schema } from '@ebb/api';

/** Where a custom resource keeps what its `scale` subresource shows: simple paths such as `.spec.replicas`. */
export interface ScalePaths {
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  readonly labelSelectorPath?: string;
}

/** A subresource other than `status` and `scale`, as discovery tells of it. */
export interface ExtraSubresource {
  /** The last part of the path: `log`, `binding`, `eviction`. */
  readonly name: string;
  /** Kind read or written there, and its API version where that is not the parent's. */
  readonly kind: string;
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly string[];
}

/** All that the server knows about one resource in one version: a built-in kind, or a served version of a CRD. */
export interface ResourceInfo {
  /** API group; `''` for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** Verbs of discovery. Review kinds know `create` only, and nothing of them is stored. */
  readonly verbs: readonly string[];
  /** Whether there is a `status` subresource. */
  readonly status: boolean;
  /** Whether there is a `scale` subresource, and where it finds its numbers. */
  readonly scale?: ScalePaths;
  /** Further subresources; for pods `log`, `exec`, `binding` and others. */
  readonly subresources?: readonly ExtraSubresource[];
  /** Schema of the kind, with no `$ref` in it; the list, map and patch extensions of Kubernetes are present. */
  readonly schema: Schema;
  /** Whether fields that the schema does not know are kept. */
  readonly preserveUnknownFields: boolean;
  /** Columns of a CRD, without Name, which is always first; Age is among them only if the CRD has none of its own. */
  readonly columns: readonly PrinterColumn[];
  /** Fields that a CRD lets selectors name, besides name and namespace, without the leading dot: `spec.color`. */
  readonly selectableFields?: readonly string[];
  /** Built-in kinds keep metadata written through `/status`; custom ones reset all but `status`. */
  readonly builtin: boolean;
  /** Whether `metadata.generation` counts changes of what is not status. */
  readonly hasGeneration: boolean;
}
