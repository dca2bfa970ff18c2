import { messageOf } from '@ebb/base';

/** What to do about a refusal (serverless-node.md, section 2.5). */
export type Remedy =
  /** Nothing of that kind is to be had here and now: another zone, another spec, on demand instead of spot, or later. */
  | 'look-elsewhere'
  /** Try again, later and later. */
  | 'back-off'
  /** It will be refused again until quota, money or consent change: try again, but rarely. */
  | 'wait-for-a-person'
  /** The request is wrong: only another one can succeed. */
  | 'change-request'
  /** Every call will be refused, whatever it asks for, until the access key is another. */
  | 'mend-credentials';

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

/** There is no instance to be had in this zone for now, whatever its spec. */
const zoneCodes = [/^Zone\.NotOnSale/, /^InvalidVSwitchId\.IpNotEnough/];
/** ECI's codes by what they ask for; the first that fits counts. What none fits is told by time alone. */
const codes: readonly (readonly [Remedy, readonly RegExp[]])[] = [
  [
    'mend-credentials',
    [
      /^InvalidAccessKeyId/,
      /^SignatureDoesNotMatch/,
      /^IncompleteSignature/,
      /^InvalidSecurityToken/,
      /^MissingSecurityToken/,
      /^InvalidTimeStamp/,
    ],
  ],
  [
    'look-elsewhere',
    [
      ...zoneCodes,
      /^OperationDenied\.NoStock/,
      /^Spot\.NotMatched/,
      /^RecommendEmpty\./,
      /^InvalidInstanceTypeForEci/,
      /^InvalidSpotCpuMemorySpec/,
      /^HighCpuMemConfigRequired/,
    ],
  ],
  [
    'wait-for-a-person',
    [
      /^QuotaExceeded/,
      /^Throttling\.Vcpu/,
      /^Forbidden\./,
      /^Account\.Arrearage/,
      /InsufficientBalance$/,
      /^ServiceNotEnabled/,
      /^FeatureAccessRestricted/,
      /^CreateServiceLinkedRole\.Denied/,
      /^InvalidUser\.PassRoleForbidden/,
      /^NoPermission/,
      /^SecurityRisk\./,
      /RiskControl$/,
      /^RISK\./,
    ],
  ],
  [
    'back-off',
    [/^Throttling/, /^EipPurchaseFlowControl/, /^Degrade\./, /^Internal/, /^ServiceUnavailable/, /Idempotent/],
  ],
  [
    'change-request',
    [
      /^Invalid/,
      /^Missing/,
      /^ImageSnapshot\./,
      /NotSupport/,
      /^IncorrectOperation/,
      /^IncorrectStatus/,
      /^DiskVolume\./,
      /^DiskNumber\./,
      /^RamRole\./,
      /^InstanceTypeNotMatchCpuArch/,
      /^FeatureBasedConstraintConflict/,
      /^PrivateIpAddress\./,
      /^LocalDiskAmountNotMatch/,
      /^JobInstance/,
      /MisMatch$/,
    ],
  ],
];

function remedyFor(code: string): Remedy {
  return codes.find(([, patterns]) => patterns.some((pattern) => pattern.test(code)))?.[0] ?? 'back-off';
}

/** The SDK's error as ours. */
export function eciError(error: unknown): EciError {
  if (error instanceof EciError) return error;
  const said = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  // The SDK makes its errors of what an answer has, and of that it is no JSON.
  const isAnswer = said !== '' && said !== 'undefined';
  // It puts the code before the message and a request id behind it; and the whole call, secrets and all, behind a system's error.
  // That call is what Alibaba's gateway tells of one whose signature is wrong.
  const message = messageOf(error)
    .replace(`${said}: `, '')
    .replace(
      /(?:code: \d+, )|(?:,? ?request id: .*$)|(?:[.\s]*(?:(?:GET|POST) https?:\/\/|server string ?to ?sign is).*$)/gis,
      '',
    )
    .trim();
  return isAnswer ? new EciError(said, message, { remedy: remedyFor(said), cause: error }) : badAnswer(message, error);
}

/** For an answer that is none of ECI's, or not all of it. */
export function badAnswer(message: string, cause?: unknown): EciError {
  return new EciError('BadAnswer', `the answer cannot be used: ${message}`, { remedy: 'back-off', cause });
}

/** True if one of another size may be had where this one may not. */
export function isAboutSpec({ code, remedy }: EciError): boolean {
  return remedy === 'look-elsewhere' || code.startsWith('InvalidParameter.CPU.Memory');
}

/** True if the zone has nothing left, or nothing of this size: other pods had better go elsewhere too. */
export function isZoneOut({ code }: EciError): boolean {
  return code.startsWith('OperationDenied.NoStock') || zoneCodes.some((pattern) => pattern.test(code));
}

/** True if this account calls more often than ECI lets it. */
export function isThrottled({ code }: EciError): boolean {
  return code === 'Throttling' || code.startsWith('Throttling.User') || code.startsWith('Degrade.');
}

/** True if the group was made by a call before, whose answer was lost, for another state of what the pod refers to. */
export function isMadeBefore(error: unknown): boolean {
  return error instanceof EciError && /Idempotent/.test(error.code);
}

/** True if ECI says that it has no such group. */
export function isGroupGone(error: unknown): boolean {
  return error instanceof EciError && /NotFound|NotExist/.test(error.code);
}
