import type { KubernetesObject, Pod } from '@ebb/api';
import { completeBuiltin } from '../builtin/complete.ts';
import { decodingProblem } from '../builtin/decoding-problem.ts';
import type { ResourceInfo } from '../resource-info.ts';
import { applyDefaults } from '../schema/default.ts';
import { type JsonObject, isObject } from '../schema/json.ts';
import { validateMetadata } from '../schema/metadata.ts';
import { pruneUnknown } from '../schema/prune.ts';
import { validateSchema } from '../schema/validate.ts';
import { freeze } from '../store/stored-object.ts';

/** Specs, and sets of labels, that are kept; those that came first are forgotten first. */
const maxKept = 256;

type PodFields = KubernetesObject & { spec: unknown };

/** A spec as its writer owns it, with the defaults of its kind, and with what the server adds besides. */
interface KnownSpec {
  readonly written: JsonObject;
  readonly complete: JsonObject;
}

/**
 * What pods have in common: hundreds come of one template. Its spec and labels are decoded, given their defaults and validated once,
 * and then shared by all that are made of it, frozen as all that is stored.
 */
export class PodTemplates {
  readonly #specs = new Map<string, JsonObject | undefined>();
  /** What becomes of a spec, by what was written. */
  readonly #complete = new WeakMap<object, JsonObject>();
  readonly #labels = new Map<string, JsonObject | undefined>();

  /** The spec as a create begins with it; `undefined` if it is not in order, which the create will tell of. */
  spec(info: ResourceInfo, spec: unknown): JsonObject | undefined {
    return remembered(this.#specs, spec, (value) => {
      const known = makeSpec(info, value);
      if (known) this.#complete.set(known.written, known.complete);
      return known?.written;
    });
  }

  /** The labels to be stored; `undefined` if they are not in order. */
  labels(info: ResourceInfo, labels: unknown): JsonObject | undefined {
    return remembered(this.#labels, labels, (value) => makeLabels(info, value));
  }

  /** Gives a pod, whose spec this is as it was written, what the server adds. Does nothing to others. */
  complete(object: KubernetesObject): void {
    const { spec } = object as Pod;
    const complete = isObject(spec) ? this.#complete.get(spec) : undefined;
    if (complete) Object.assign(object, { spec: complete });
  }
}

function remembered<T>(kept: Map<string, T>, value: unknown, make: (value: unknown) => T): T | undefined {
  if (!isObject(value)) return undefined;
  const text = JSON.stringify(value);
  const [oldest] = kept.keys();
  if (!kept.has(text)) {
    if (kept.size >= maxKept && oldest !== undefined) kept.delete(oldest);
    kept.set(text, make(JSON.parse(text)));
  }
  return kept.get(text);
}

function makeSpec(info: ResourceInfo, spec: unknown): KnownSpec | undefined {
  const pod: PodFields = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'any', namespace: 'any' }, spec };
  if (decodingProblem({ spec }, info) !== undefined || pruneUnknown(pod, info).length > 0) return undefined;
  applyDefaults(pod, info);
  const written = structuredClone(pod.spec);
  completeBuiltin(pod as unknown as JsonObject, info);
  const complete = pod.spec;
  if (!isObject(written) || !isObject(complete) || validateSchema(pod, info).length > 0) return undefined;
  freeze(written);
  freeze(complete);
  return { written, complete };
}

function makeLabels(info: ResourceInfo, labels: unknown): JsonObject | undefined {
  if (!isObject(labels) || !areTexts(labels)) return undefined;
  if (validateMetadata({ name: 'any', namespace: 'any', labels }, info).length > 0) return undefined;
  freeze(labels);
  return labels;
}

function areTexts(map: JsonObject): map is Record<string, string> {
  return Object.values(map).every((value) => typeof value === 'string');
}
