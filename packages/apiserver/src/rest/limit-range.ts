import type { KubernetesObject } from '@ebb/api';
import { child, setDefault } from '../builtin/set-defaults.ts';
import { type JsonObject, objectOf, objectsOf, stringOf } from '../schema/json.ts';
import { resourceKey } from '../store/stored-pair.ts';
import type { Call, Machine } from './call.ts';
import { forbidden } from './errors.ts';
import { amountOf, amountText } from './quota-usage.ts';

const annotation = 'kubernetes.io/limit-ranger';

/** The requests and limits of a container, a pod or a claim: quantities by resource. */
interface Resources {
  readonly requests: JsonObject;
  readonly limits: JsonObject;
}

/** Gives the containers of a new pod, in place, the requests and limits that the LimitRanges of its namespace have for them. */
export function setLimitDefaults(machine: Machine, call: Call, object: KubernetesObject): void {
  if (resourceKey(call.info) !== 'pods') return;
  for (const { limits } of rangesOf(machine, call)) {
    const said = limits.filter(({ type }) => type === 'Container').flatMap((item) => defaultPod(object, item));
    if (said.length === 0) continue;
    const { metadata } = object;
    metadata.annotations = { ...metadata.annotations, [annotation]: `LimitRanger plugin set: ${said.join('; ')}` };
  }
}

/** Throws `Forbidden` if a new pod or claim is not within the LimitRanges of its namespace. */
export function requireLimits(machine: Machine, call: Call, object: KubernetesObject): void {
  const key = resourceKey(call.info);
  if (key !== 'pods' && key !== 'persistentvolumeclaims') return;
  const spec = objectOf((object as { spec?: unknown }).spec);
  for (const { limits } of rangesOf(machine, call)) {
    const problems = limits.flatMap((item) => (key === 'pods' ? judgePod(spec, item) : judgeClaim(spec, item)));
    const [first, ...others] = new Set(problems);
    if (first === undefined) continue;
    const text = others.length === 0 ? first : `[${[first, ...others].join(', ')}]`;
    throw forbidden(call.info, object.metadata.name ?? call.name, text);
  }
}

function* rangesOf({ storage }: Machine, { namespace }: Call): Generator<{ limits: JsonObject[] }> {
  const table = storage.table('limitranges');
  if (table.size === 0) return;
  for (const { object } of table.list(namespace))
    yield { limits: objectsOf(objectOf((object as { spec?: unknown }).spec)['limits']) };
}

/** What has been set in which container, in words. */
function defaultPod(pod: KubernetesObject, item: JsonObject): string[] {
  const spec = objectOf((pod as { spec?: unknown }).spec);
  const kinds = [
    ['container', spec['containers']],
    ['init container', spec['initContainers']],
  ] as const;
  return kinds.flatMap(([kind, containers]) =>
    objectsOf(containers).flatMap((container) => {
      const resources = child(container, 'resources');
      const name = stringOf(container['name']);
      return [
        ...setMissing(resources, 'requests', item['defaultRequest'], ` request for ${kind} ${name}`),
        ...setMissing(resources, 'limits', item['default'], ` limit for ${kind} ${name}`),
      ];
    }),
  );
}

function setMissing(resources: JsonObject, list: string, defaults: unknown, forWhat: string): string[] {
  const amounts = objectOf(resources[list]);
  const missing = Object.entries(objectOf(defaults)).filter(([resource]) => amounts[resource] === undefined);
  if (missing.length === 0) return [];
  const given = child(resources, list);
  for (const [resource, amount] of missing) setDefault(given, resource, amount);
  return [
    `${missing
      .map(([resource]) => resource)
      .toSorted()
      .join(', ')}${forWhat}`,
  ];
}

function judgePod(spec: JsonObject, item: JsonObject): string[] {
  const containers = objectsOf(spec['containers']).map(resourcesOf);
  const before = objectsOf(spec['initContainers']).map(resourcesOf);
  if (item['type'] === 'Container') return [...containers, ...before].flatMap((each) => judge(each, item, podBounds));
  if (item['type'] !== 'Pod') return [];
  const all = { requests: together('requests', containers, before), limits: together('limits', containers, before) };
  return judge(all, item, podBounds);
}

function judgeClaim(spec: JsonObject, item: JsonObject): string[] {
  if (item['type'] !== 'PersistentVolumeClaim') return [];
  return judge({ ...resourcesOf(spec), limits: {} }, item, claimBounds);
}

function resourcesOf({ resources }: JsonObject): Resources {
  const { requests, limits } = objectOf(resources);
  return { requests: objectOf(requests), limits: objectOf(limits) };
}

/** Containers run side by side, init containers one by one before them. */
function together(list: keyof Resources, containers: readonly Resources[], before: readonly Resources[]): JsonObject {
  const names = new Set([...containers, ...before].flatMap((each) => Object.keys(each[list])));
  return Object.fromEntries(
    [...names].map((name) => {
      const of = (each: Resources): number => amountOf(each[list][name]);
      const sum = containers.reduce((total, each) => total + of(each), 0);
      return [name, amountText(name, Math.max(sum, ...before.map(of)))];
    }),
  );
}

/** One bound of a LimitRange, and what there is of its resource. */
interface Bounded {
  /** `cpu usage per Container is 100m` */
  readonly says: string;
  readonly bound: string;
  readonly request: string | undefined;
  readonly limit: string | undefined;
}

type Check = (bounded: Bounded) => string | undefined;
type Bounds = readonly (readonly [field: string, prefix: string, check: Check])[];

const podBounds: Bounds = [
  ['min', 'minimum ', atLeast],
  ['max', 'maximum ', atMost],
  ['maxLimitRequestRatio', '', notTooFarApart],
];
const claimBounds: Bounds = [
  ['min', 'minimum ', atLeast],
  ['max', 'maximum ', requestAtMost],
];

/** What is wrong with requests and limits by one item of a LimitRange. */
function judge({ requests, limits }: Resources, item: JsonObject, bounds: Bounds): string[] {
  return bounds.flatMap(([field, prefix, check]) =>
    Object.entries(objectOf(item[field]))
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([resource, quantity]) => {
        const bound = stringOf(quantity);
        const [request, limit] = [textOf(requests[resource]), textOf(limits[resource])];
        const what = field === 'maxLimitRequestRatio' ? 'max limit to request ratio' : 'usage';
        const says = `${prefix}${resource} ${what} per ${stringOf(item['type'])} is ${bound}`;
        return check({ says, bound, request, limit }) ?? [];
      }),
  );
}

const textOf = (value: unknown): string | undefined => (value === undefined ? undefined : stringOf(value));

function atLeast({ says, bound, request, limit }: Bounded): string | undefined {
  if (request === undefined) return `${says}.  No request is specified`;
  if (amountOf(request) < amountOf(bound)) return `${says}, but request is ${request}`;
  return limit !== undefined && amountOf(limit) < amountOf(bound) ? `${says}, but limit is ${limit}` : undefined;
}

function atMost(bounded: Bounded): string | undefined {
  const { says, bound, limit } = bounded;
  if (limit === undefined) return `${says}.  No limit is specified`;
  if (amountOf(limit) > amountOf(bound)) return `${says}, but limit is ${limit}`;
  return bounded.request === undefined ? undefined : requestAtMost(bounded);
}

function requestAtMost({ says, bound, request }: Bounded): string | undefined {
  if (request === undefined) return `${says}.  No request is specified`;
  return amountOf(request) > amountOf(bound) ? `${says}, but request is ${request}` : undefined;
}

function notTooFarApart({ says, bound, request, limit }: Bounded): string | undefined {
  if (amountOf(request) === 0) return `${says}, but no request is specified or request is 0`;
  if (amountOf(limit) === 0) return `${says}, but no limit is specified or limit is 0`;
  const ratio = amountOf(limit) / amountOf(request);
  return ratio > amountOf(bound) ? `${says}, but provided ratio is ${ratio.toFixed(6)}` : undefined;
}
