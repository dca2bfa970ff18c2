import type { RevisionStat, StatReport } from '@ebb/api';

/** What was received is no list of reports; the message says where. */
export class MalformedReport extends Error {
  override readonly name = 'MalformedReport';
}

/** Longest name of anything: gateway, namespace, revision, pod. */
const maxName = 253;

/**
 * Takes what came over the network for reports only if it is: a JSON list, each field of its type, names not empty, numbers finite and
 * not negative. Fields not known are left out. Throws `MalformedReport`.
 */
export function decodeReports(text: string): StatReport[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new MalformedReport('not JSON', { cause });
  }
  return listOf(value, 'reports', decodeReport);
}

function decodeReport(value: unknown, at: string): StatReport {
  const { gateway, atMs, revisions, drained } = fieldsOf(value, at);
  return {
    gateway: nameIn(gateway, `${at}.gateway`),
    atMs: amountIn(atMs, `${at}.atMs`),
    revisions: listOf(revisions, `${at}.revisions`, decodeStat),
    drained: listOf(drained, `${at}.drained`, (name, where) => nameIn(name, where, 2 * maxName + 1)),
  };
}

function decodeStat(value: unknown, at: string): RevisionStat {
  const { namespace, name, averageConcurrency, requestCount, waiting, pods } = fieldsOf(value, at);
  const inFlight = Object.entries(fieldsOf(pods, `${at}.pods`));
  return {
    namespace: nameIn(namespace, `${at}.namespace`),
    name: nameIn(name, `${at}.name`),
    averageConcurrency: amountIn(averageConcurrency, `${at}.averageConcurrency`),
    requestCount: amountIn(requestCount, `${at}.requestCount`),
    waiting: amountIn(waiting, `${at}.waiting`),
    pods: Object.fromEntries(inFlight.map(([pod, count]) => [pod, amountIn(count, `${at}.pods.${pod}`)])),
  };
}

function fieldsOf(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new MalformedReport(`${at} is not an object`);
  }
  return value as Readonly<Record<string, unknown>>;
}

function listOf<T>(value: unknown, at: string, decode: (item: unknown, at: string) => T): T[] {
  if (!Array.isArray(value)) throw new MalformedReport(`${at} is not a list`);
  return value.map((item, i) => decode(item, `${at}[${i}]`));
}

function nameIn(value: unknown, at: string, longest = maxName): string {
  if (typeof value === 'string' && value !== '' && value.length <= longest) return value;
  throw new MalformedReport(`${at} is not a name`);
}

function amountIn(value: unknown, at: string): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  throw new MalformedReport(`${at} is not a number of zero or more`);
}
