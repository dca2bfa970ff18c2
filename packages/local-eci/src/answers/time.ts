/** A time as ECI writes it: UTC, whole seconds. */
export { toTimestamp as eciTime } from '@ebb/base';
