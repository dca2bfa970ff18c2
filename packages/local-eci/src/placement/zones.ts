import { EciError } from '../wire/error.ts';

/** The network that all vSwitches are of. */
export const localVpc = 'vpc-local';

interface Region {
  readonly regionId: string;
  readonly zones: readonly string[];
}

/**
 * The zone of a vSwitch: its id ends in the zone's letter, `vsw-a` or `vsw-test-b`; all others are in the first zone. Throws
 * `EciError` for a zone the region has not.
 */
export function zoneOfVSwitch(vSwitchId: string, { regionId, zones }: Region): string {
  const [, letter] = /-([a-z])$/.exec(vSwitchId) ?? [];
  if (letter === undefined) return zones[0] ?? `${regionId}-a`;
  const zone = `${regionId}-${letter}`;
  if (zones.includes(zone)) return zone;
  throw new EciError('InvalidVSwitchId.NotFound', `There is no vSwitch ${vSwitchId}.`, 404);
}
