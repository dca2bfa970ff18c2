import { type JsonObject, isObject } from '../schema/json.ts';
import { maxDepth } from './depth.ts';

/** `FieldsV1` of a field with nothing below it. */
const nothing: JsonObject = Object.freeze({});

/**
 * A set of fields of an object, as a tree. A step down is written as in `FieldsV1`: `f:name` a key of a map,
 * `k:{"name":"x"}` an item of a list by its keys, `v:"x"` an item of a set, `i:0` one by its place. Once it has been encoded, or its signature
 * taken, it is not changed any more: sets share their parts, and their texts are kept.
 */
export class FieldSet {
  /** A field with nothing below it. Shared: not to be added to. */
  static readonly field: FieldSet = FieldSet.#single();

  /** Whether the field at this place itself belongs to the set, and not just some below it. */
  self: boolean = false;
  readonly children: Map<string, FieldSet> = new Map();
  #encoded: JsonObject | undefined;
  #signature: string | undefined;

  static #single(): FieldSet {
    const set = new FieldSet();
    set.self = true;
    return set;
  }

  /** The subtree below `step`, made if need be. */
  at(step: string): FieldSet {
    let child = this.children.get(step);
    if (!child) this.children.set(step, (child = new FieldSet()));
    return child;
  }

  /** Adds the field at `path`. */
  add(path: readonly string[]): void {
    const [step, ...rest] = path;
    if (step === undefined) this.self = true;
    else this.at(step).add(rest);
  }

  isEmpty(): boolean {
    if (this.self) return false;
    for (const child of this.children.values()) if (!child.isEmpty()) return false;
    return true;
  }

  union(other: FieldSet): FieldSet {
    return combine(this, other, (a, b) => a || b);
  }

  difference(other: FieldSet): FieldSet {
    return subtract(this, other);
  }

  intersection(other: FieldSet): FieldSet {
    return combine(this, other, (a, b) => a && b);
  }

  equals(other: FieldSet): boolean {
    return combine(this, other, (a, b) => a !== b).isEmpty();
  }

  /** The paths of all fields in the set, in Kubernetes' order: at each place its fields first, then what is below them. */
  *paths(): Generator<readonly string[]> {
    const children = sorted(this.children);
    for (const [step, child] of children) if (child.self) yield [step];
    for (const [step, child] of children) for (const path of child.paths()) yield [step, ...path];
  }

  /** A text that no other set has, sooner made than the encoded set. Sets that are alike may differ in it by the order of fields. */
  signature(): string {
    if (this.#signature !== undefined) return this.#signature;
    let text = this.self ? '.' : '';
    // Lengths, since a step may have any sign in it.
    for (const [step, child] of this.children) text += `${step.length}:${step}{${child.signature()}}`;
    return (this.#signature = text);
  }

  /** As `FieldsV1`. */
  encode(): JsonObject {
    if (this.#encoded) return this.#encoded;
    if (this.children.size === 0) return nothing;
    const entries: [string, JsonObject][] = this.self ? [['.', nothing]] : [];
    for (const [step, child] of sorted(this.children)) entries.push([step, child.encode()]);
    return (this.#encoded = Object.freeze(Object.fromEntries(entries)));
  }

  /** Reads `FieldsV1`; `undefined` if it is none. */
  static decode(fields: unknown, depth = 0): FieldSet | undefined {
    if (!isObject(fields) || depth > maxDepth) return undefined;
    const entries = Object.entries(fields);
    if (entries.length === 0 && depth > 0) return FieldSet.field;
    const set = new FieldSet();
    set.self = depth > 0 && Object.hasOwn(fields, '.');
    for (const [key, value] of entries) {
      if (key === '.') continue;
      const step = canonicalStep(key);
      const child = FieldSet.decode(value, depth + 1);
      if (step === undefined || !child) return undefined;
      set.children.set(step, child);
    }
    return set;
  }
}

/** The step to an item of a list by its keys; the keys are sorted. */
export function keyStep(keys: Readonly<Record<string, unknown>>): string {
  const entries = Object.entries(keys).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `k:${JSON.stringify(Object.fromEntries(entries))}`;
}

/** A path as conflicts show it: `.spec.containers[name="web"].image`. */
export function pathText(path: readonly string[]): string {
  return path.map(stepText).join('');
}

function stepText(step: string): string {
  const text = step.slice(2);
  if (step.startsWith('f:')) return `.${text}`;
  if (step.startsWith('v:')) return `[=${text}]`;
  if (step.startsWith('i:')) return `[${text}]`;
  const keys = Object.entries(JSON.parse(text) as JsonObject);
  return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
}

function combine(
  a: FieldSet | undefined,
  b: FieldSet | undefined,
  pick: (a: boolean, b: boolean) => boolean,
): FieldSet {
  const out = new FieldSet();
  out.self = pick(a?.self ?? false, b?.self ?? false);
  for (const step of new Set([...(a?.children.keys() ?? []), ...(b?.children.keys() ?? [])])) {
    const child = combine(a?.children.get(step), b?.children.get(step), pick);
    if (child.self || child.children.size > 0) out.children.set(step, child);
  }
  return out;
}

/** `a` without what is in `b`; `a` itself if they have nothing in common, as is so of most owners and most writes. */
function subtract(a: FieldSet, b: FieldSet): FieldSet {
  const left = new Map<string, FieldSet>();
  for (const [step, theirs] of b.children) {
    const ours = a.children.get(step);
    const rest = ours && subtract(ours, theirs);
    if (rest && rest !== ours) left.set(step, rest);
  }
  if (left.size === 0 && !(a.self && b.self)) return a;
  const out = new FieldSet();
  out.self = a.self && !b.self;
  for (const [step, ours] of a.children) {
    const rest = left.get(step) ?? ours;
    if (rest.self || rest.children.size > 0) out.children.set(step, rest);
  }
  return out;
}

const ranks: Readonly<Record<string, number>> = { f: 0, k: 1, v: 2, i: 3 };

function sorted(children: ReadonlyMap<string, FieldSet>): [string, FieldSet][] {
  const entries = [...children];
  return entries.length < 2
    ? entries
    : entries.sort(([a], [b]) => (a[0] === b[0] ? (a < b ? -1 : 1) : rank(a) - rank(b)));
}

function rank(step: string): number {
  return ranks[step[0] ?? ''] ?? 4;
}

function canonicalStep(step: string): string | undefined {
  if (step.startsWith('f:') || /^i:\d+$/.test(step)) return step;
  const value = parseJson(step.slice(2));
  if (step.startsWith('v:') && value !== undefined) return `v:${JSON.stringify(value)}`;
  return step.startsWith('k:') && isObject(value) ? keyStep(value) : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // not a step; the caller refuses the whole set
  }
}
