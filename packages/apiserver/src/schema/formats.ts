import { isIP } from 'node:net';

const int32 = 2 ** 31;

/** Checks of the formats that the API server itself checks in custom resources. Others are notes to the reader. */
const checks: Record<string, (value: string) => boolean> = {
  'date-time': isDateTime,
  date: (value) => /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value)),
  duration: (value) => /^[-+]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)(\d+(\.\d*)?(ns|us|µs|ms|s|m|h))*$/.test(value),
  byte: (value) => /^[A-Za-z0-9+/]*={0,2}$/.test(value) && value.length % 4 === 0,
  ipv4: (value) => isIP(value) === 4,
  ipv6: (value) => isIP(value) === 6,
  uuid: (value) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(value),
};

/** Whether a string is of the format; true for a format that is not checked. */
export function hasFormat(value: string, format: string): boolean {
  return !Object.hasOwn(checks, format) || (checks[format]?.(value) ?? true);
}

/** Whether an integer lies within its format's range; true for formats without one. */
export function fitsFormat(value: number, format: string | undefined): boolean {
  return format !== 'int32' || (value >= -int32 && value < int32);
}

function isDateTime(value: string): boolean {
  return (
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[-+]\d{2}:\d{2})$/i.test(value) && !Number.isNaN(Date.parse(value))
  );
}
