import { type Ingress, keyOf } from '@ebb/api';
import type { InformerEvent } from '@ebb/kube';
import { type RoutingTable, type TableOptions, buildTable, updateTable } from '@ebb/router';

/** The routing table that is live now. Each change of an Ingress puts another in its place, at once and whole. */
export class TableHolder {
  #table: RoutingTable;

  constructor(options: TableOptions) {
    this.#table = buildTable([], options);
  }

  get table(): RoutingTable {
    return this.#table;
  }

  /** Takes in a change. Returns the keys of all Ingresses whose hosts may have changed hands by it, its own included. */
  take(event: InformerEvent<Ingress>): readonly string[] {
    const key = keyOf(event.object);
    const { table, affected } = updateTable(this.#table, key, event.type === 'deleted' ? undefined : event.object);
    this.#table = table;
    return [key, ...affected];
  }
}
