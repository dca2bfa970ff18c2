import { parseQuantity } from '@ebb/api';
import type { CreateGroup } from '../eci/eci.ts';
import type { Labels } from './profile.ts';

export const eciPrefix = 'k8s.aliyun.com/';

/** A pod asked for something by an annotation in words that mean nothing; the message names the annotation. */
export class AnnotationError extends Error {
  override readonly name = 'AnnotationError';
}

type Fields = Partial<CreateGroup>;
/** What an annotation's value makes of the call. Throws `AnnotationError`. */
type Reader = (value: string, name: string) => Fields;

const text =
  <Name extends keyof CreateGroup>(field: Name): Reader =>
  (value) => ({ [field]: value });
const flag =
  <Name extends keyof CreateGroup>(field: Name): Reader =>
  (value, name) => ({ [field]: readFlag(value, name) });
const whole =
  <Name extends keyof CreateGroup>(field: Name): Reader =>
  (value, name) => ({ [field]: readNumber(value, name, { isWhole: true }) });
/** Kubernetes counts bits a second, ECI bytes. */
const bandwidth =
  <Name extends keyof CreateGroup>(field: Name): Reader =>
  (value, name) => ({ [field]: Math.ceil(readQuantity(value, name) / 8) });

const word =
  <Name extends keyof CreateGroup>(field: Name, words: readonly string[]): Reader =>
  (value, name) => {
    if (!words.includes(value)) throw wrong(name, value, `one of ${words.join(', ')}`);
    return { [field]: value };
  };

const gibibyte = 2 ** 30;

/**
 * Annotations that are a field of `CreateContainerGroup` (serverless-node.md, section 3.2), by name without the prefix. Sizes and
 * spot have their own readers.
 */
export const fieldAnnotations: Readonly<Record<string, Reader>> = {
  'eci-vswitch': (value) => ({ vSwitchId: words(value).join(',') }),
  'eci-schedule-strategy': word('scheduleStrategy', ['VSwitchOrdered', 'VSwitchRandom']),
  'eci-cpu-option-core': whole('cpuOptionsCore'),
  'eci-cpu-option-ht': whole('cpuOptionsThreadsPerCore'),
  'eci-image-cache': flag('autoMatchImageCache'),
  'eci-auto-imc': flag('autoMatchImageCache'),
  'eci-image-snapshot-id': text('imageSnapshotId'),
  'eci-imc-id': text('imageSnapshotId'),
  'image-accelerate-mode': text('imageAccelerateMode'),
  'plain-http-registry': text('plainHttpRegistry'),
  'insecure-registry': text('insecureRegistry'),
  'eci-security-group': text('securityGroupId'),
  'eci-with-eip': flag('autoCreateEip'),
  'eci-eip-instanceid': text('eipInstanceId'),
  'eip-bandwidth': whole('eipBandwidth'),
  'eip-isp': text('eipISP'),
  'eip-common-bandwidth-package-id': text('eipCommonBandwidthPackage'),
  'eci-private-ip-address': text('privateIpAddress'),
  'eci-fixed-ip': text('fixedIp'),
  'eci-fixed-ip-retain-hour': whole('fixedIpRetainHour'),
  'eci-extra-ephemeral-storage': (value, name) => ({
    ephemeralStorage: Math.ceil(readQuantity(value, name) / gibibyte),
  }),
  'eci-data-cache-bucket': text('dataCacheBucket'),
  'eci-data-cache-pl': text('dataCachePL'),
  'eci-data-cache-provisioned-iops': whole('dataCacheProvisionedIops'),
  'eci-data-cache-bursting-enabled': flag('dataCacheBurstingEnabled'),
  'eci-ram-role-name': text('ramRoleName'),
  'eci-resource-group-id': text('resourceGroupId'),
  'eci-ntp-server': (value) => ({ ntpServer: words(value) }),
  'eci-core-pattern': text('corePattern'),
  'eci-custom-tags': (value, name) => ({ tag: customTags(value, name) }),
};

/** Those of other prefixes. */
export const otherAnnotations: Readonly<Record<string, Reader>> = {
  'kubernetes.io/ingress-bandwidth': bandwidth('ingressBandwidth'),
  'kubernetes.io/egress-bandwidth': bandwidth('egressBandwidth'),
};

/** Read together, by `settings.ts`. */
const otherwiseRead: ReadonlySet<string> = new Set([
  'eci-use-specs',
  'eci-instance-type',
  'eci-spot-strategy',
  'eci-spot-price-limit',
  'eci-spot-duration',
  'eci-spot-fallback',
  'eci-spot-release-strategy',
  'eci-fail-strategy',
  'eci-reschedule-enable',
  'pod-fail-on-create-err',
  'acr-instance-ids',
  'acr-service-arns',
  'acr-user-arns',
]);

/** Written by the virtual node itself: nobody asks for anything by them. */
const writtenBack: ReadonlySet<string> = new Set([
  'eci-instance-id',
  'eci-request-id',
  'eci-instance-spec',
  'eci-instance-compute-category',
  'eci-vpc',
  'eni-instance-id',
  'allocated-eipAddress',
  'allocated-eipInstanceId',
  'allocated-ipv6Address',
  'eci-matched-image-cache',
  'eci-created-by-template',
]);

/** `name` without ECI's prefix, or with another. */
export function wrong(name: string, value: string, wanted: string): AnnotationError {
  return new AnnotationError(
    `annotation ${name.includes('/') ? '' : eciPrefix}${name}: "${value.slice(0, 100)}" is not ${wanted}`,
  );
}

/** A comma separated list. */
export function words(value: string): string[] {
  return value.split(',').flatMap((each) => each.trim() || []);
}

export function readFlag(value: string, name: string): boolean {
  if (value !== 'true' && value !== 'false') throw wrong(name, value, 'true or false');
  return value === 'true';
}

export function readNumber(
  value: string,
  name: string,
  { isWhole = false }: { readonly isWhole?: boolean } = {},
): number {
  const number = Number(value);
  if (value.trim() === '' || !(number >= 0) || (isWhole && !Number.isSafeInteger(number))) {
    throw wrong(name, value, isWhole ? 'a whole number' : 'a number');
  }
  return number;
}

function readQuantity(value: string, name: string): number {
  try {
    return parseQuantity(value);
  } catch {
    throw wrong(name, value, 'a quantity such as 10M or 50Gi');
  }
}

const maxCustomTags = 3;

function customTags(value: string, name: string): { key: string; value: string }[] {
  const tags = words(value).map((pair) => {
    const at = pair.indexOf(':');
    return at < 1 ? undefined : { key: pair.slice(0, at), value: pair.slice(at + 1) };
  });
  const good = tags.flatMap((tag) => tag ?? []);
  if (good.length !== tags.length || good.length > maxCustomTags) {
    throw wrong(name, value, `at most ${maxCustomTags} tags such as key:value,key2:value2`);
  }
  return good;
}

function isHonoured(name: string): boolean {
  return Object.hasOwn(fieldAnnotations, name) || otherwiseRead.has(name);
}

/** ECI's annotations a pod has that mean nothing here. */
export function ignoredOf(annotations: Labels): string[] {
  return Object.keys(annotations).filter((key) => {
    if (!key.startsWith(eciPrefix)) return false;
    const name = key.slice(eciPrefix.length);
    return !isHonoured(name) && !writtenBack.has(name);
  });
}
