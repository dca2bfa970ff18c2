import type { Faults } from '../faults/faults.ts';
import type { ComputeCategory, GroupSpec } from '../model.ts';
import { type Offer, pricePerSecond } from '../billing/prices.ts';
import { sizeOfType } from '../sizes/instance-types.ts';
import { type Size, roundUp } from '../sizes/specs.ts';
import { EciError } from '../wire/error.ts';
import { zoneOfVSwitch } from './zones.ts';

/** Where a group is, and as what it is billed. */
export interface Placement {
  readonly zoneId: string;
  readonly vSwitchId: string | undefined;
  /** What the instance really has. */
  readonly size: Size;
  readonly instanceType: string | undefined;
  /** Of one that was asked for by category. */
  readonly computeCategory?: ComputeCategory | undefined;
  /** What the spot market asks of the list price; undefined for an instance on demand. */
  readonly spotShare: number | undefined;
  /** The stock was gone when it came to making the instance. */
  readonly isLate: boolean;
  /** The image cache it is made from; absent if from none. */
  readonly imageCacheId?: string;
}

/** What there is to place groups on. */
export interface Market {
  readonly regionId: string;
  readonly zones: readonly string[];
  /** Above it nothing is in stock, in vCPU and GiB. */
  readonly largestInstance: Size;
  readonly faults: Pick<Faults, 'stock' | 'spotShare'>;
  readonly random: () => number;
}

const secondsPerHour = 3600;
const maxEconomyCpu = 8;
const leastGeneralCpu = 1;

/** Finds an instance for a group: its types in order, in its zones in order. Throws `EciError` if there is none. */
export function place(spec: GroupSpec, market: Market): Placement {
  const places = placesOf(spec, market);
  const choices = choicesOf(spec, market);
  for (const { size, instanceType, computeCategory } of choices) {
    for (const { zoneId, vSwitchId } of places) {
      const stock = stockOf(size, zoneId, spec, market);
      if (stock === 'none') continue;
      const spotShare = spec.spot ? market.faults.spotShare(zoneId) : undefined;
      const placement = { zoneId, vSwitchId, size, instanceType, computeCategory, spotShare, isLate: stock === 'late' };
      if (isTooDear(spec, placement)) continue;
      return placement;
    }
  }
  throw refusal(spec, choices, places, market);
}

function stockOf(
  size: Size,
  zoneId: string,
  spec: GroupSpec,
  { largestInstance, faults }: Market,
): 'there' | 'late' | 'none' {
  if (size.cpu > largestInstance.cpu || size.memory > largestInstance.memory) return 'none';
  return faults.stock(zoneId, size, spec.spot !== undefined);
}

/** With a limit below the market's price there is no spot instance. */
function isTooDear(spec: GroupSpec, placement: Placement): boolean {
  const limit = spec.spot?.priceLimit;
  return limit !== undefined && pricePerSecond(offerOf(spec, placement), 'CNY') * secondsPerHour > limit;
}

/** What a group is billed as. */
export function offerOf({ spot }: GroupSpec, { size, instanceType, computeCategory, spotShare }: Placement): Offer {
  return {
    ...size,
    instanceType,
    computeCategory,
    ...(spotShare === undefined ? {} : { spot: { share: spotShare, protectedHours: spot?.durationHours ?? 1 } }),
  };
}

/** Whether the market takes a spot instance back: the price went over its limit, or others pay more for what there is. */
export function isTakenBack(spec: GroupSpec, placement: Placement, market: Market): boolean {
  const { zoneId, size } = placement;
  const now = { ...placement, spotShare: market.faults.spotShare(zoneId) };
  return stockOf(size, zoneId, spec, market) === 'none' || isTooDear(spec, now);
}

function placesOf(
  { vSwitchIds, scheduleRandom, labels }: GroupSpec,
  market: Market,
): { zoneId: string; vSwitchId: string | undefined }[] {
  const wanted = labels['ZoneId'];
  if (wanted !== undefined && !market.zones.includes(wanted)) {
    throw new EciError('InvalidZoneId.NotFound', `There is no zone ${wanted}.`, 404);
  }
  if (vSwitchIds.length === 0) {
    const zoneId = wanted ?? market.zones[0] ?? `${market.regionId}-a`;
    return [{ zoneId, vSwitchId: undefined }];
  }
  const places = vSwitchIds.map((vSwitchId) => ({ zoneId: zoneOfVSwitch(vSwitchId, market), vSwitchId }));
  const elsewhere = places.find(({ zoneId }) => zoneId !== (wanted ?? zoneId));
  if (elsewhere) {
    const message = `The vSwitch ${elsewhere.vSwitchId} is in ${elsewhere.zoneId}, not in ${wanted}.`;
    throw new EciError('OperationDenied.VswZoneMisMatch', message, 403);
  }
  if (!scheduleRandom) return places;
  const from = Math.floor(market.random() * places.length);
  return [...places.slice(from), ...places.slice(0, from)];
}

interface Choice {
  readonly size: Size;
  readonly instanceType: string | undefined;
  readonly computeCategory?: ComputeCategory;
}

function choicesOf(spec: GroupSpec, { regionId }: Market): readonly Choice[] {
  const { cpu, memory, instanceTypes, spot } = spec;
  if (instanceTypes.length > 0) {
    const known = instanceTypes.flatMap((instanceType) => {
      const size = sizeOfType(instanceType);
      return size ? [{ size, instanceType }] : [];
    });
    if (known.length > 0) return known;
    throw new EciError('InvalidInstanceTypeForEciBuy', `None of ${instanceTypes.join(', ')} is sold here.`);
  }
  if (spot && cpu < 2) {
    throw new EciError('InvalidSpotCpuMemorySpec', 'A spot instance has at least 2 vCPU.');
  }
  const size = roundUp({ cpu, memory }, regionId, { spot: spot !== undefined });
  if (!size) throw new EciError('InvalidParameter.CPU.Memory', 'There is no spec of that much vCPU and memory.');
  if (!spec.computeCategories) return [{ size, instanceType: undefined }];
  const sold = spec.computeCategories.filter((category) => isSoldAs(category, size));
  if (sold.length > 0) return sold.map((computeCategory) => ({ size, instanceType: undefined, computeCategory }));
  throw new EciError(
    'InvalidParameter.CPU.Memory',
    `${size.cpu} vCPU are not sold as ${spec.computeCategories.join()}.`,
  );
}

function isSoldAs(category: ComputeCategory, { cpu }: Size): boolean {
  return category === 'economy' ? cpu <= maxEconomyCpu : cpu >= leastGeneralCpu;
}

function refusal(
  spec: GroupSpec,
  choices: readonly { readonly size: Size }[],
  places: readonly { readonly zoneId: string }[],
  market: Market,
): EciError {
  const anyStock = choices.some(({ size }) => places.some((at) => stockOf(size, at.zoneId, spec, market) !== 'none'));
  if (anyStock) return new EciError('Spot.NotMatched', 'The price limit is below what spot instances cost.', 403);
  const { cpu, memory } = market.largestInstance;
  return new EciError(
    'OperationDenied.NoStock',
    `Out of stock: ${spec.cpu} vCPU and ${spec.memory} GiB were asked for in ${places.map(({ zoneId }) => zoneId).join(', ')}, and at most ${cpu} and ${memory} are there, or nothing for now.`,
    403,
  );
}
