import { parseAutoscalerConfig, parseOwnScalingSettings } from '@ebb/api';
import type { InstanceSeconds } from '@ebb/autoscaler/twin';
import { type Currency, type Size, pricePerSecond, roundUp, sizeOfType } from '@ebb/local-eci';
import { groupResources } from '@ebb/virtual-node';
import type { SimulatedService } from './service.ts';

export interface Prices {
  readonly currency: Currency;
  /** What spot instances cost of the list price. */
  readonly spotShare: number;
}

/** A region with the finer choice of sizes. */
const region = 'cn-hangzhou';

/** What the instances of a simulation cost, at ECI's list prices and by the size they are made as. */
export function costOf(service: SimulatedService, seconds: InstanceSeconds, { currency, spotShare }: Prices): number {
  const asked = groupResources(service.podSpec);
  const standard = pricePerSecond(roundUp(asked, region) ?? asked, currency);
  const spotSize = roundUp(asked, region, { spot: true }) ?? asked;
  const spot = pricePerSecond({ ...spotSize, spot: { share: spotShare, protectedHours: 1 } }, currency);
  return seconds.standard * standard + seconds.spot * spot + seconds.reserve * reservePrice(service, currency);
}

/** Of the first type that is asked for: the one that is tried first. */
function reservePrice({ annotations, config }: SimulatedService, currency: Currency): number {
  const { reserveSpecs } = parseOwnScalingSettings(annotations, parseAutoscalerConfig(config));
  const [first = ''] = reserveSpecs.split(',');
  const size = sizeOfType(first.trim());
  if (size) return pricePerSecond({ ...size, instanceType: first.trim() }, currency);
  const [, cpu, memory] = /^([\d.]+)-([\d.]+)Gi$/.exec(first.trim()) ?? [];
  const asked: Size = { cpu: Number(cpu ?? 1), memory: Number(memory ?? 2) };
  return pricePerSecond(roundUp(asked, region) ?? asked, currency);
}
