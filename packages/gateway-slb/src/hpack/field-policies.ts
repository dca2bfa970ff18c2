import { staticNames, staticValues } from './static-table.ts';

/**
 * What becomes of a field that is in no table: it is inserted into the dynamic table for the next time, or only written, or written such that no
 * intermediary inserts it either.
 */
export type Policy = 'insert' | 'write' | 'never-insert';

/** A name that is in the static table, or has a policy of its own. */
export interface KnownName {
  /** In the static table; 0 if it is not there. */
  readonly index: number;
  /** Where the static table has it with values, if it does. */
  readonly values: ReadonlyMap<string, number> | undefined;
  policyFor(value: string): Policy;
}

/** Names whose values seldom come twice on a connection, be it that a request, a client or an answer has its own. */
const seldomTwice = `:path age content-length content-location content-range cookie etag expires forwarded grpc-message if-match if-modified-since
if-none-match if-range if-unmodified-since last-modified location range referer server-timing set-cookie traceparent tracestate x-b3-spanid
x-b3-traceid x-forwarded-for x-request-id`;

/** Secrets, which somebody could guess by the size of blocks (RFC 7541, section 7.1); in cookies, what is short enough to be guessed. */
const secrets = ['authorization', 'proxy-authorization'];
const cookies = ['cookie', 'set-cookie'];
const shortCookie = 20;

const insert = (): Policy => 'insert';
/** An empty value is always the same one. */
const write = (value: string): Policy => (value === '' ? 'insert' : 'write');
const neverInsert = (): Policy => 'never-insert';
const byLength = (value: string): Policy => (value.length < shortCookie ? 'never-insert' : 'write');

const policies = new Map([
  ...seldomTwice.split(/\s+/).map((name) => [name, write] as const),
  ...secrets.map((name) => [name, neverInsert] as const),
  ...cookies.map((name) => [name, byLength] as const),
]);

function know(name: string): KnownName {
  const values = new Map<string, number>();
  for (const [index, value] of staticValues.entries()) {
    if (staticNames[index] === name && value !== '') values.set(value, index);
  }
  return {
    index: Math.max(0, staticNames.indexOf(name)),
    values: values.size > 0 ? values : undefined,
    policyFor: policies.get(name) ?? insert,
  };
}

/** What is known of names, by name. All others are inserted. */
export const knownNames: ReadonlyMap<string, KnownName> = new Map(
  [...staticNames.slice(1), ...policies.keys()].map((name) => [name, know(name)]),
);
