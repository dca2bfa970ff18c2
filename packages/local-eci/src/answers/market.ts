import { listPrice, pricePerSecond } from '../billing/prices.ts';
import { checkRegion } from '../groups/require.ts';
import { computeCategories, spotStrategies } from '../model.ts';
import type { Market } from '../placement/place.ts';
import { localVpc, zoneOfVSwitch } from '../placement/zones.ts';
import { sizeOfType } from '../sizes/instance-types.ts';
import { type Size, roundUp, specsOf } from '../sizes/specs.ts';
import { EciError } from '../wire/error.ts';
import type { Parameters } from '../wire/parameters.ts';

const secondsPerHour = 3600;

/** The answer to `DescribeContainerGroupPrice`: of a second on demand, and of an hour's spot in each zone, in CNY. */
export function priceAnswer(parameters: Parameters, { regionId, zones, faults }: Market): object {
  checkRegion(parameters.required('RegionId'), regionId);
  const { size, instanceType } = sizeAsked(parameters, regionId);
  const computeCategory = parameters.word('ComputeCategory', computeCategories);
  const offer = { ...size, instanceType, computeCategory };
  const price = rounded(listPrice(offer, 'CNY'));
  const hour = price * secondsPerHour;
  const protectedHours = parameters.integer('SpotDuration', { min: 0, max: 6 }) ?? 1;
  const spotHour = (zone: string): number =>
    pricePerSecond({ ...offer, spot: { share: faults.spotShare(zone), protectedHours } }, 'CNY') * secondsPerHour;
  return {
    PriceInfo: {
      Price: { Currency: 'CNY', OriginalPrice: price, TradePrice: price, DiscountPrice: 0 },
      SpotPrices: {
        SpotPrice: zonesAsked(parameters, zones).map((zone) => ({
          ZoneId: zone,
          InstanceType: instanceType ?? '',
          OriginPrice: rounded(hour),
          SpotPrice: rounded(spotHour(zone)),
        })),
      },
    },
  };
}

/** Sums of floating point numbers, as people write them. */
const rounded = (price: number): number => Number(price.toFixed(8));

function zonesAsked(parameters: Parameters, zones: readonly string[]): readonly string[] {
  const zoneId = parameters.string('ZoneId');
  return zones.filter((zone) => (zoneId ?? zone) === zone);
}

/** The answer to `DescribeAvailableResource`: what is in stock in each zone, by spec, or of the type that is asked for. */
export function stockAnswer(parameters: Parameters, { regionId, zones, faults, largestInstance }: Market): object {
  checkRegion(parameters.required('RegionId'), regionId);
  const wanted = parameters.object('DestinationResource')?.string('Value');
  const strategy = parameters.object('SpotResource')?.word('SpotStrategy', spotStrategies) ?? 'NoSpot';
  const isSpot = strategy !== 'NoSpot';
  const there = ({ cpu, memory }: Size, zone: string): boolean =>
    cpu <= largestInstance.cpu &&
    memory <= largestInstance.memory &&
    faults.stock(zone, { cpu, memory }, isSpot) === 'there';
  const specs = wanted === undefined ? specsOf(regionId, { spot: isSpot }).map(named) : typesOf(wanted);
  return {
    AvailableZones: {
      AvailableZone: zonesAsked(parameters, zones).map((zone) => ({
        RegionId: regionId,
        ZoneId: zone,
        AvailableResources: {
          AvailableResource: [
            {
              Type: wanted === undefined ? 'CpuMem' : 'InstanceType',
              SupportedResources: {
                SupportedResource: specs.map((spec) => ({
                  Value: spec.name,
                  StatusCategory: there(spec, zone) ? 'WithStock' : 'WithoutStock',
                })),
              },
            },
          ],
        },
      })),
    },
  };
}

interface Named extends Size {
  readonly name: string;
}

const named = (size: Size): Named => ({ ...size, name: `${size.cpu}-${size.memory}Gi` });

/** The type of this name, or the types of the family. */
function typesOf(name: string): readonly Named[] {
  const names = [name, ...['large', 'xlarge', '2xlarge', '4xlarge', '8xlarge'].map((size) => `${name}.${size}`)];
  return names.flatMap((each) => {
    const size = sizeOfType(each);
    return size ? [{ ...size, name: each }] : [];
  });
}

/** The answer to the VPC's `DescribeVSwitches`, for as many as are named. */
export function vSwitchesAnswer(parameters: Parameters, market: Market): object {
  const ids = parameters.required('VSwitchId').split(',');
  return {
    TotalCount: ids.length,
    VSwitches: {
      VSwitch: ids.map((id) => ({
        VSwitchId: id,
        VpcId: localVpc,
        ZoneId: zoneOfVSwitch(id, market),
        Status: 'Available',
        AvailableIpAddressCount: 65_000,
      })),
    },
  };
}

function sizeAsked(parameters: Parameters, regionId: string): { size: Size; instanceType: string | undefined } {
  const instanceType = parameters.string('InstanceType');
  const size =
    instanceType === undefined
      ? roundUp(
          {
            cpu: parameters.number('Cpu', { min: 0, max: 1024 }) ?? 2,
            memory: parameters.number('Memory', { min: 0, max: 1024 }) ?? 4,
          },
          regionId,
        )
      : sizeOfType(instanceType);
  if (size) return { size, instanceType };
  throw new EciError('InvalidParameter.CPU.Memory', 'There is no such spec.');
}
