import { listPrice } from '../billing/prices.ts';
import type { Market } from '../placement/place.ts';
import { zoneOfVSwitch } from '../placement/zones.ts';
import { sizeOfType } from '../sizes/instance-types.ts';
import { type Size, roundUp, specsOf } from '../sizes/specs.ts';
import { EciError } from '../wire/error.ts';
import type { Parameters } from '../wire/parameters.ts';

/** The answer to `DescribeContainerGroupPrice`: of a second on demand, and of an hour's spot in each zone, in CNY. */
export function priceAnswer(parameters: Parameters, { regionId, zones, faults }: Market): object {
  const { size, instanceType } = sizeAsked(parameters, regionId);
  const price = listPrice({ ...size, instanceType }, 'CNY');
  const hour = price * 3600;
  return {
    PriceInfo: {
      Price: { Currency: 'CNY', OriginalPrice: price, TradePrice: price, DiscountPrice: 0 },
      SpotPrices: {
        SpotPrice: zones.map((zone) => ({
          ZoneId: zone,
          InstanceType: instanceType ?? '',
          OriginPrice: hour,
          SpotPrice: hour * faults.spotShare(zone),
        })),
      },
    },
  };
}

/** The answer to `DescribeAvailableResource`: what is in stock in each zone, by spec. */
export function stockAnswer(_parameters: Parameters, { regionId, zones, faults, largestInstance }: Market): object {
  const there = ({ cpu, memory }: Size, zone: string): boolean =>
    cpu <= largestInstance.cpu &&
    memory <= largestInstance.memory &&
    faults.stock(zone, { cpu, memory }, false) === 'there';
  const specs = specsOf(regionId);
  return {
    AvailableZones: {
      AvailableZone: zones.map((zone) => ({
        RegionId: regionId,
        ZoneId: zone,
        AvailableResources: {
          AvailableResource: [
            {
              Type: 'CpuMem',
              SupportedResources: {
                SupportedResource: specs.map((spec) => ({
                  Value: `${spec.cpu}-${spec.memory}Gi`,
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

/** The answer to the VPC's `DescribeVSwitches`, for as many as are named. */
export function vSwitchesAnswer(parameters: Parameters, market: Market): object {
  const ids = parameters.required('VSwitchId').split(',');
  return {
    TotalCount: ids.length,
    VSwitches: {
      VSwitch: ids.map((id) => ({
        VSwitchId: id,
        VpcId: 'vpc-local',
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
