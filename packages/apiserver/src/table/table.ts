import type { KubernetesObject, ListMeta } from '@ebb/api';
import type { ResourceInfo } from '../resource-info.ts';
import type { JsonObject } from '../schema/json.ts';
import { builtinColumns } from './builtin-columns.ts';
import { type Column, nameColumn } from './column.ts';
import { crdColumn } from './crd-columns.ts';

export interface TableOptions {
  /** Milliseconds since the epoch, from which ages are told. */
  readonly now: number;
  /** What of each object goes along with its row. */
  readonly includeObject: 'None' | 'Metadata' | 'Object';
  /** Metadata of the list the rows are of. */
  readonly list: ListMeta;
}

const columnsOf = new WeakMap<ResourceInfo, readonly Column[]>();

/** Objects of one resource as a `meta.k8s.io/v1` Table: what `kubectl get` prints. */
export function toTable(info: ResourceInfo, objects: readonly KubernetesObject[], options: TableOptions): object {
  const columns = columnsOf.get(info) ?? makeColumns(info);
  columnsOf.set(info, columns);
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: options.list,
    columnDefinitions: columns.map(definitionOf),
    rows: objects.map((object) => ({
      cells: columns.map((each) => each.cell(object as unknown as JsonObject, options.now)),
      object: included(object, options.includeObject),
    })),
  };
}

function makeColumns(info: ResourceInfo): readonly Column[] {
  return info.builtin ? builtinColumns(info.kind) : [nameColumn, ...info.columns.map(crdColumn)];
}

function definitionOf({ name, type, format, description, priority }: Column): object {
  return { name, type, format, description, priority };
}

function included(object: KubernetesObject, include: TableOptions['includeObject']): object | null {
  if (include === 'None') return null;
  if (include === 'Object') return object;
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}
