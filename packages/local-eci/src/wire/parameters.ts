import { EciError, invalidParameter, missingParameter } from './error.ts';

const maxDepth = 10;

interface TreeNode {
  value?: string;
  readonly children: Map<string, TreeNode>;
}

/**
 * The flat parameters of a call read as the tree they stand for: `Container.1.Name` is the name of the first container.
 * Lists count from 1, gaps are closed. Every reader throws `EciError` naming the parameter in full.
 */
export class Parameters {
  readonly #node: TreeNode;
  readonly #path: string;

  private constructor(node: TreeNode, path: string) {
    this.#node = node;
    this.#path = path;
  }

  /** Throws `EciError` if one name goes deeper than any real parameter does. */
  static from(flat: ReadonlyMap<string, string>): Parameters {
    const root: TreeNode = { children: new Map() };
    for (const [name, value] of flat) {
      const steps = name.split('.');
      if (steps.length > maxDepth) throw invalidParameter(name.slice(0, 200), 'it is nested too deep');
      let node = root;
      for (const step of steps) node = child(node, step);
      node.value = value;
    }
    return new Parameters(root, '');
  }

  /** The parameter's text; undefined if absent or empty. */
  string(name: string, { maxLength = 65_536 }: { readonly maxLength?: number } = {}): string | undefined {
    const value = this.#node.children.get(name)?.value;
    if (value === undefined || value === '') return undefined;
    if (value.length > maxLength) throw invalidParameter(this.nameOf(name), `longer than ${maxLength} characters`);
    return value;
  }

  required(name: string, options?: { readonly maxLength?: number }): string {
    const value = this.string(name, options);
    if (value === undefined) throw missingParameter(this.nameOf(name));
    return value;
  }

  number(name: string, { min, max }: { readonly min: number; readonly max: number }): number | undefined {
    const text = this.string(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (!/^-?\d+(\.\d+)?$/.test(text) || value < min || value > max) {
      throw invalidParameter(this.nameOf(name), `${text.slice(0, 40)} is not a number from ${min} to ${max}`);
    }
    return value;
  }

  integer(name: string, range: { readonly min: number; readonly max: number }): number | undefined {
    const value = this.number(name, range);
    if (value !== undefined && !Number.isInteger(value))
      throw invalidParameter(this.nameOf(name), 'not a whole number');
    return value;
  }

  boolean(name: string): boolean | undefined {
    const text = this.string(name)?.toLowerCase();
    if (text === undefined) return undefined;
    if (text !== 'true' && text !== 'false') throw invalidParameter(this.nameOf(name), 'neither true nor false');
    return text === 'true';
  }

  /** One of `words`. */
  word<W extends string>(name: string, words: readonly W[]): W | undefined {
    const text = this.string(name);
    if (text === undefined) return undefined;
    const word = words.find((each) => each === text);
    if (word === undefined) throw invalidParameter(this.nameOf(name), `must be one of ${words.join(', ')}`);
    return word;
  }

  object(name: string): Parameters | undefined {
    const node = this.#node.children.get(name);
    return node && node.children.size > 0 ? new Parameters(node, this.nameOf(name)) : undefined;
  }

  list(name: string, { max }: { readonly max: number }): readonly Parameters[] {
    return this.#items(name, max).map(([index, node]) => new Parameters(node, `${this.nameOf(name)}.${index}`));
  }

  strings(name: string, { max, maxLength = 65_536 }: { readonly max: number; readonly maxLength?: number }): string[] {
    return this.#items(name, max).map(([index, { value = '' }]) => {
      if (value.length > maxLength) {
        throw invalidParameter(`${this.nameOf(name)}.${index}`, `longer than ${maxLength} characters`);
      }
      return value;
    });
  }

  /** The full name of one of these parameters, for messages. */
  nameOf(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }

  #items(name: string, max: number): [number, TreeNode][] {
    const items = [...(this.#node.children.get(name)?.children ?? [])].map(([key, node]): [number, TreeNode] => {
      if (!/^[1-9]\d{0,5}$/.test(key)) throw invalidParameter(`${this.nameOf(name)}.${key}`, 'lists count from 1');
      return [Number(key), node];
    });
    if (items.length > max) {
      throw new EciError('InvalidParameter.LengthExceeded', `${this.nameOf(name)} has more than ${max} items.`);
    }
    return items.toSorted(([a], [b]) => a - b);
  }
}

function child(node: TreeNode, step: string): TreeNode {
  let next = node.children.get(step);
  if (!next) node.children.set(step, (next = { children: new Map() }));
  return next;
}
