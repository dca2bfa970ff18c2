import { knownClasses, ownScalingKeys, parseAutoscalerConfig, scalingKeys } from '@ebb/api';
import { UserError } from '@ebb/base';
import type { SimulatedService } from './service.ts';

/** One way to run the service, and its name. */
export interface Variant {
  readonly name: string;
  readonly service: SimulatedService;
}

/** `key=value`, as it was given. */
interface Change {
  readonly key: string;
  readonly value: string;
}

/** Annotations by the part of their key behind the slash, which is how people may call them. */
const shortKeys: ReadonlyMap<string, string> = new Map(
  [...Object.values(ownScalingKeys), ...Object.values(scalingKeys).flat()].map((key) => [
    key.slice(key.indexOf('/') + 1),
    key,
  ]),
);
/** Classes by the part of their name before the first dot. */
const shortClasses: ReadonlyMap<string, string> = new Map(
  [...knownClasses].map((name) => [name.split('.')[0] ?? '', name]),
);
const configPrefix = 'config.';

/**
 * The ways to run a service that are asked for: first as it is, then with each variant, `name:key=value,key=value`. `sets`
 * (`key=value`) are changes of the Service that all variants start from; without variants they are one. Throws `UserError` for keys
 * that mean nothing.
 */
export function variantsOf(
  service: SimulatedService,
  { sets, variants }: { readonly sets: readonly string[]; readonly variants: readonly string[] },
): readonly Variant[] {
  const common = sets.map(parseChange).reduce(change, service);
  const named = variants.map((text) => parseVariant(text, common));
  const first: Variant = { name: 'as it is', service };
  const set: Variant = { name: named.length > 0 ? 'as set' : sets.join(' '), service: common };
  if (sets.length === 0) return checked([first, ...named]);
  return checked(named.length > 0 ? [set, ...named] : [first, set]);
}

function checked(variants: readonly Variant[]): readonly Variant[] {
  const names = variants.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new UserError(`two variants are called ${twice}`);
  return variants;
}

function parseVariant(text: string, service: SimulatedService): Variant {
  const [, name = '', list = ''] = /^([^:=]+):(.*)$/.exec(text) ?? [];
  if (name === '' || list === '') throw new UserError(`--variant ${text}: must be name:key=value,key=value`);
  // A value may have commas of its own.
  return {
    name,
    service: list
      .split(/,(?=[\w./-]+=)/)
      .map(parseChange)
      .reduce(change, service),
  };
}

function parseChange(text: string): Change {
  const [, key = '', value = ''] = /^([\w./-]+)=(.*)$/.exec(text) ?? [];
  if (key === '') throw new UserError(`${text}: must be key=value, as in window=30s`);
  return { key, value };
}

function change(service: SimulatedService, { key, value }: Change): SimulatedService {
  if (key.startsWith(configPrefix)) {
    const name = key.slice(configPrefix.length);
    if (!isConfigKey(name)) throw new UserError(`${key}=${value}: config-autoscaler has no key ${name}`);
    return { ...service, config: { ...service.config, [name]: value } };
  }
  if (key === 'containerConcurrency' || key === 'timeoutSeconds') return { ...service, [key]: wholeNumber(key, value) };
  const annotation = key.includes('/') ? key : shortKeys.get(key);
  if (annotation === undefined) {
    const some = 'an annotation such as window or panic-while-rising, containerConcurrency, timeoutSeconds';
    throw new UserError(`${key}=${value}: no such key; there are ${some}, and config.<key of config-autoscaler>`);
  }
  const isClass = annotation === scalingKeys.class[0];
  const meant = isClass ? (shortClasses.get(value) ?? value) : value;
  return { ...service, annotations: { ...service.annotations, [annotation]: meant } };
}

/** True if nonsense under that key is not passed over. */
function isConfigKey(key: string): boolean {
  const nonsense = '?';
  try {
    return parseAutoscalerConfig({ [key]: nonsense }).podAutoscalerClass === nonsense;
  } catch {
    return true;
  }
}

function wholeNumber(key: string, value: string): number {
  if (!/^\d{1,4}$/.test(value)) throw new UserError(`${key}=${value}: must be a whole number up to 9999`);
  return Number(value);
}
