import { messageOf } from '@ebb/base';

/** What to do about a refusal (serverless-node.md, section 2.5). */
export type Remedy =
  /** Try again, later and later. */
  | 'back-off'
  /** It will be refused again until quota, money or consent change: try again, but rarely. */
  | 'wait-for-a-person'
  /** The request is wrong: only another one can succeed. */
  | 'change-request';

/** A call ECI refused, or that did not reach it. */
export class EciError extends Error {
  override readonly name = 'EciError';
  /** ECI's error code, or a system's such as `ECONNREFUSED`. */
  readonly code: string;
  readonly remedy: Remedy;

  constructor(code: string, message: string, { remedy, cause }: { readonly remedy: Remedy; readonly cause?: unknown }) {
    super(message, { cause });
    this.code = code;
    this.remedy = remedy;
  }
}

const persons = [
  /^QuotaExceeded/,
  /^Throttling\.Vcpu/,
  /^Forbidden\./,
  /^Account\.Arrearage/,
  /InsufficientBalance$/,
  /^ServiceNotEnabled/,
  /^NoPermission/,
  /RiskControl$/,
];
const wrongRequests = [/^InvalidParameter/, /^Missing/, /^ImageSnapshot\./, /NotSupport/, /^InvalidAction/];

function remedyFor(code: string): Remedy {
  if (persons.some((pattern) => pattern.test(code))) return 'wait-for-a-person';
  return wrongRequests.some((pattern) => pattern.test(code)) ? 'change-request' : 'back-off';
}

/** The SDK's error as ours. */
export function eciError(error: unknown): EciError {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'Unknown';
  // The SDK puts the code before the message and a request id behind it.
  const message = messageOf(error)
    .replace(`${code}: `, '')
    .replace(/(?:code: \d+, )|(?:,? ?request id: .*$)/gs, '')
    .trim();
  return new EciError(code, message, { remedy: remedyFor(code), cause: error });
}

/** There is no instance to be had of what was asked for, in this zone and for now. */
const noRoom = [
  /^OperationDenied\.NoStock/,
  /^Zone\.NotOnSale/,
  /IpNotEnough$/,
  /^Spot\.NotMatched/,
  /^RecommendEmpty\./,
  /CPU\.Memory$/,
];

/** True if another size, another zone or another hour might get what was refused. */
export function isNoRoom(error: unknown): boolean {
  return error instanceof EciError && noRoom.some((pattern) => pattern.test(error.code));
}

/** True if the group was made by a call before, whose answer was lost, for another state of what the pod refers to. */
export function isMadeBefore(error: unknown): boolean {
  return error instanceof EciError && /Idempotent/.test(error.code);
}

/** True if ECI says that it has no such group. */
export function isGroupGone(error: unknown): boolean {
  return error instanceof EciError && /NotFound|NotExist/.test(error.code);
}
