import type { Node } from '@ebb/api';
import { chooseNode, takesPods } from './node-choice.ts';

/** How many pods each node has, as far as revisions' pods go; kept by those who make and see them. */
export class NodeLoads {
  readonly #pods = new Map<string, number>();
  #names: readonly string[] = [];

  /** Takes in the nodes there are. */
  setNodes(nodes: readonly Node[]): void {
    this.#names = nodes.flatMap((node) => (takesPods(node) ? [node.metadata.name ?? ''] : []));
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
