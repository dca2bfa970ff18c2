import type { Node } from '@ebb/api';
import type { Rate } from '@ebb/base';
import { chooseNode, isOutOfStock, takesPods } from './node-choice.ts';

const regionLabel = 'topology.kubernetes.io/region';
/** ECI takes 1,000 creations a minute from an account (serverless-node.md, section 2): so many, a burst included. */
const eciLimit: Rate = { perSecond: 15, burst: 100 };
/** The local ECI has no limit but the machine. */
const localLimit: Rate = { perSecond: 100_000, burst: 100_000 };

/** How many pods each node has, as far as revisions' pods go; kept by those who make and see them. */
export class NodeLoads {
  readonly #pods = new Map<string, number>();
  #names: readonly string[] = [];

  #limit = eciLimit;

  /** How often pods may be made on the nodes there are, by their provider. */
  get limit(): Rate {
    return this.#limit;
  }

  /** Takes in the nodes there are. */
  setNodes(nodes: readonly Node[]): void {
    const isLocal = nodes.length > 0 && nodes.every(({ metadata }) => metadata.labels?.[regionLabel] === 'local');
    this.#limit = isLocal ? localLimit : eciLimit;
    const taking = nodes.filter(takesPods);
    const stocked = taking.filter((node) => !isOutOfStock(node));
    this.#names = (stocked.length > 0 ? stocked : taking).map(({ metadata }) => metadata.name ?? '');
  }

  /** One pod more or less on a node. */
  change(node: string, by: 1 | -1): void {
    this.#pods.set(node, (this.#pods.get(node) ?? 0) + by);
  }

  /** The node for the next pod of a revision that has `ownOn` pods on each; `undefined` if no node takes pods. */
  choose(ownOn: (node: string) => number): string | undefined {
    if (this.#names.length < 2) return this.#names[0];
    return chooseNode(this.#names.map((name) => ({ name, own: ownOn(name), all: this.#pods.get(name) ?? 0 })));
  }
}
