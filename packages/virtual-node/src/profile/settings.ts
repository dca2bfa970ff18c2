import type { CreateGroup } from '../eci/eci.ts';
import type { GroupSize } from '../pods/group-resources.ts';
import {
  AnnotationError,
  eciPrefix,
  fieldAnnotations,
  ignoredOf,
  otherAnnotations,
  readFlag,
  readNumber,
  readPrice,
  words,
  wrong,
} from './annotations.ts';
import type { EciProfile, Labels } from './profile.ts';

/** What becomes of a pod that its zone has no instance for (serverless-node.md, section 3.2). */
export type FailStrategy =
  /** It waits, and is tried again. */
  | 'fail-back'
  /** It fails, so that whoever wants it makes another, elsewhere; where there is an elsewhere. */
  | 'fail-over'
  /** It fails. */
  | 'fail-fast';

/** What to ask ECI for in one try. */
export type Attempt = Pick<CreateGroup, 'cpu' | 'memory' | 'instanceType' | 'spotStrategy'> & {
  readonly spotPriceLimit?: number;
  readonly spotDuration?: number;
};

/** What annotations and profile say of a pod's group. */
export interface GroupSettings {
  /** Fields of the call that are the same in every try. */
  readonly fields: Partial<CreateGroup>;
  /** Sizes and kinds, in order of preference. */
  readonly attempts: readonly Attempt[];
  /** Absent: nobody said. */
  readonly failStrategy: FailStrategy | undefined;
  /** Annotations of ECI that mean nothing here. */
  readonly ignored: readonly string[];
}

const strategies = ['NoSpot', 'SpotAsPriceGo', 'SpotWithPriceLimit'] as const;
/** What is done before an instance is taken back; by default nothing. */
const releaseStrategies = ['api-evict'] as const;
export const failStrategies: readonly FailStrategy[] = ['fail-back', 'fail-over', 'fail-fast'];
const maxSpecs = 5;
/** Smaller ones are not sold as spot. */
const leastSpotCpu = 2;

/**
 * Reads the annotations of a pod, those of selectors among them, and the profile's plain keys behind them. Throws
 * `AnnotationError`.
 */
export function readSettings(annotations: Labels, profile: EciProfile, size: GroupSize): GroupSettings {
  const fields: Partial<CreateGroup> = {
    // As ACK has it since image caches are made by themselves.
    autoMatchImageCache: true,
    ...(profile.securityGroupId === undefined ? {} : { securityGroupId: profile.securityGroupId }),
    ...(profile.resourceGroupId === undefined ? {} : { resourceGroupId: profile.resourceGroupId }),
  };
  for (const [name, read] of Object.entries(fieldAnnotations)) {
    const value = annotations[eciPrefix + name];
    if (value !== undefined) Object.assign(fields, read(value, name));
  }
  for (const [key, read] of Object.entries(otherAnnotations)) {
    const value = annotations[key];
    if (value !== undefined) Object.assign(fields, read(value, key));
  }
  const registries = acrRegistries(annotations);
  if (registries.length > 0) fields.acrRegistryInfo = registries;
  const get = (name: string): string | undefined => annotations[eciPrefix + name];
  return {
    fields,
    attempts: attemptsOf(get, size),
    failStrategy: failStrategyOf(get),
    ignored: ignoredOf(annotations),
  };
}

type Get = (name: string) => string | undefined;

function attemptsOf(get: Get, size: GroupSize): Attempt[] {
  const sizes = specsOf(get) ?? [size];
  const spot = spotOf(get);
  if (!spot) return sizes;
  const asSpot = sizes.map((each) => ({ ...(isSize(each) ? atLeast(each) : each), ...spot.fields }));
  return spot.fallsBack ? [...asSpot, ...sizes] : asSpot;
}

const isSize = (attempt: Attempt): attempt is GroupSize => attempt.cpu !== undefined;

function atLeast({ cpu, memory }: GroupSize): GroupSize {
  return { cpu: Math.max(cpu, leastSpotCpu), memory };
}

function spotOf(get: Get): { fields: Attempt; fallsBack: boolean } | undefined {
  const spotStrategy = readOne(get, 'eci-spot-strategy', strategies);
  // All of them are looked at, whether they come to anything or not: a typing error in one may be why they do not.
  const limit = get('eci-spot-price-limit');
  const spotPriceLimit = limit === undefined ? undefined : readPrice(limit, 'eci-spot-price-limit');
  const duration = get('eci-spot-duration');
  const spotDuration =
    duration === undefined ? undefined : readNumber(duration, 'eci-spot-duration', { isWhole: true });
  const fallsBack = flagOf(get, 'eci-spot-fallback') ?? false;
  readOne(get, 'eci-spot-release-strategy', releaseStrategies);
  if (spotStrategy === undefined || spotStrategy === 'NoSpot') return undefined;
  if (spotStrategy === 'SpotWithPriceLimit' && spotPriceLimit === undefined) {
    throw new AnnotationError(`annotation ${eciPrefix}eci-spot-price-limit is needed for SpotWithPriceLimit`);
  }
  return {
    fallsBack,
    fields: {
      spotStrategy,
      ...(spotPriceLimit === undefined ? {} : { spotPriceLimit }),
      ...(spotDuration === undefined ? {} : { spotDuration }),
    },
  };
}

/** `2-4Gi,4-8Gi,ecs.c6.xlarge`; these outrank what containers ask for. */
function specsOf(get: Get): Attempt[] | undefined {
  const name = get('eci-use-specs') === undefined ? 'eci-instance-type' : 'eci-use-specs';
  const value = get(name);
  if (value === undefined) return undefined;
  const specs = words(value);
  if (specs.length === 0 || specs.length > maxSpecs) throw wrong(name, value, `one to ${maxSpecs} specs`);
  return specs.map((spec) => {
    const [, cpu, memory] = /^(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)Gi$/.exec(spec) ?? [];
    if (Number(cpu) > 0 && Number(memory) > 0) return { cpu: Number(cpu), memory: Number(memory) };
    if (!/^ecs\.[a-z0-9-]+\.[a-z0-9]+$/.test(spec)) throw wrong(name, spec, 'a spec such as 2-4Gi or ecs.c6.xlarge');
    return { instanceType: spec };
  });
}

function failStrategyOf(get: Get): FailStrategy | undefined {
  const strategy = readOne(get, 'eci-fail-strategy', failStrategies);
  // Its older names.
  const failsFast = flagOf(get, 'pod-fail-on-create-err');
  const failsOver = flagOf(get, 'eci-reschedule-enable');
  return strategy ?? (failsFast ? 'fail-fast' : failsOver ? 'fail-over' : undefined);
}

function readOne<Word extends string>(get: Get, name: string, choice: readonly Word[]): Word | undefined {
  const said = get(name);
  if (said === undefined) return undefined;
  const word = choice.find((each) => each === said);
  if (word === undefined) throw wrong(name, said, `one of ${choice.join(', ')}`);
  return word;
}

function flagOf(get: Get, name: string): boolean | undefined {
  const said = get(name);
  return said === undefined ? undefined : readFlag(said, name);
}

/** Registries of Container Registry Enterprise, by the ids of their instances: pulled from without a password. */
function acrRegistries(annotations: Labels): NonNullable<CreateGroup['acrRegistryInfo']> {
  const list = (name: string): string[] => words(annotations[eciPrefix + name] ?? '');
  const services = list('acr-service-arns');
  const users = list('acr-user-arns');
  const instances = list('acr-instance-ids');
  for (const name of ['acr-service-arns', 'acr-user-arns']) {
    const given = list(name).length;
    if (given > instances.length) {
      throw wrong(name, annotations[eciPrefix + name] ?? '', `at most one for each of acr-instance-ids`);
    }
  }
  return instances.map((id, index) => {
    // An id may be given with its region: `cn-hangzhou:cri-1`.
    const at = id.lastIndexOf(':');
    return {
      instanceId: id.slice(at + 1),
      ...(at < 0 ? {} : { regionId: id.slice(0, at) }),
      ...(services[index] === undefined ? {} : { arnService: services[index] }),
      ...(users[index] === undefined ? {} : { arnUser: users[index] }),
    };
  });
}
