import type { Schema } from '@ebb/api';
import { FieldSet } from './field-set.ts';
import { type Part, partsOf } from './parts.ts';

/** `live` with what `applied` sets: maps and lists whose parts have owners are merged, all else is replaced. */
export function structuredMerge(live: unknown, applied: unknown, schema: Schema | undefined): unknown {
  const before = partsOf(live, schema);
  const after = partsOf(applied, schema);
  const says = applied !== null && after?.size !== 0;
  if (before && before.size > 0 && !says) return live;
  if (!before || !after || Array.isArray(live) !== Array.isArray(applied)) return applied;
  const merged = new Map<string, unknown>();
  for (const step of Array.isArray(live) ? mergedOrder(before, after) : [...before.keys(), ...after.keys()]) {
    merged.set(step, mergePart(before.get(step), after.get(step)));
  }
  return assemble(merged, Array.isArray(live));
}

/**
 * `value` without what `last` names and nobody claims any more; `claimed` names what somebody does. An item of a list or an
 * entry of a map goes even if somebody claims fields in it, unless the item itself is claimed; what is emptied goes too.
 */
export function prune(value: unknown, schema: Schema | undefined, last: FieldSet, claimed: FieldSet): unknown {
  const kept = new Map<string, unknown>();
  for (const [step, part] of partsOf(value, schema) ?? []) {
    const lastBelow = last.children.get(step);
    const pruned = lastBelow ? prunePart(part, lastBelow, claimed.children.get(step)) : part.value;
    if (pruned !== undefined) kept.set(step, pruned);
  }
  return assemble(kept, Array.isArray(value));
}

/** `undefined` if nothing of the part is left. */
function prunePart({ value, schema, named }: Part, last: FieldSet, claimed: FieldSet | undefined): unknown {
  const isClaimed = claimed !== undefined && (claimed.self || named);
  if (!isClaimed && (last.self || named)) return undefined;
  const before = partsOf(value, schema);
  if (!before || before.size === 0) return value;
  const pruned = prune(value, schema, last, claimed ?? new FieldSet());
  const isEmptied = partsOf(pruned, schema)?.size === 0 && !claimed?.self;
  return isEmptied ? undefined : pruned;
}

function mergePart(live: Part | undefined, applied: Part | undefined): unknown {
  if (!live) return applied?.value;
  return applied ? structuredMerge(live.value, applied.value, applied.schema) : live.value;
}

function assemble(parts: ReadonlyMap<string, unknown>, asList: boolean): unknown {
  if (asList) return [...parts.values()];
  return Object.fromEntries([...parts].map(([step, value]) => [step.slice('f:'.length), value]));
}

/**
 * The order of a merged list: that of `applied` for its items; items only in `live` stay behind those they stood behind,
 * and before new ones.
 */
function mergedOrder(live: ReadonlyMap<string, unknown>, applied: ReadonlyMap<string, unknown>): readonly string[] {
  const order: string[] = [];
  const waiting = [...live.keys()];
  const shared = [...applied.keys()].filter((step) => live.has(step));
  for (const step of applied.keys()) {
    while (waiting[0] !== undefined && waiting[0] !== shared[0]) {
      const next = waiting.shift();
      if (next !== undefined && !applied.has(next)) order.push(next);
    }
    if (step === shared[0]) {
      shared.shift();
      if (waiting[0] === step) waiting.shift();
    }
    order.push(step);
  }
  for (const step of waiting) if (!applied.has(step)) order.push(step);
  return order;
}
