import { isQuantity, parseQuantity } from '@ebb/api';
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
  <Name extends keyof CreateGroup>(field: Name, form = /^\S+$/, wanted = 'a value without spaces'): Reader =>
  (value, name) => {
    if (!form.test(value)) throw wrong(name, value, wanted);
    return { [field]: value };
  };
const flag =
  <Name extends keyof CreateGroup>(field: Name): Reader =>
  (value, name) => ({ [field]: readFlag(value, name) });
const whole =
  <Name extends keyof CreateGroup>(field: Name, least = 0, most = Number.MAX_SAFE_INTEGER): Reader =>
  (value, name) => {
    const number = readNumber(value, name, { isWhole: true, least });
    if (number > most) throw wrong(name, value, `at most ${most}`);
    return { [field]: number };
  };
/** Kubernetes counts bits a second, ECI bytes. */
const bandwidth =
  <Name extends keyof CreateGroup>(field: Name): Reader =>
  (value, name) => ({ [field]: Math.ceil(readQuantity(value, name) / 8) });

/** A comma separated list, as ECI takes it. */
const list =
  <Name extends keyof CreateGroup>(field: Name, max: number): Reader =>
  (value, name) => ({ [field]: readWords(value, name, max).join(',') });

const word =
  <Name extends keyof CreateGroup>(field: Name, words: readonly string[]): Reader =>
  (value, name) => {
    if (!words.includes(value)) throw wrong(name, value, `one of ${words.join(', ')}`);
    return { [field]: value };
  };

const gibibyte = 2 ** 30;
const maxExtraGibibytes = 5000;
const maxVSwitches = 10;
const maxSecurityGroups = 5;
const maxRegistries = 20;
const maxNtpServers = 10;
const computeCategories: readonly string[] = ['economy', 'general'];
const address = [/^\d{1,3}(\.\d{1,3}){3}$/, 'an IPv4 address'] as const;

/**
 * Annotations that are a field of `CreateContainerGroup` (serverless-node.md, section 3.2), by name without the prefix. Sizes and
 * spot have their own readers.
 */
export const fieldAnnotations: Readonly<Record<string, Reader>> = {
  'eci-vswitch': list('vSwitchId', maxVSwitches),
  'eci-schedule-strategy': word('scheduleStrategy', ['VSwitchOrdered', 'VSwitchRandom']),
  'eci-compute-category': (value, name) => {
    const computeCategory = readWords(value, name, computeCategories.length);
    if (computeCategory.every((each) => computeCategories.includes(each))) return { computeCategory };
    throw wrong(name, value, `of ${computeCategories.join(', ')}`);
  },
  'eci-gpu-driver-version': text('gpuDriverVersion'),
  'eci-max-pending-minute': whole('maxPendingMinute', 10, 1440),
  'eci-cpu-option-core': whole('cpuOptionsCore', 1),
  'eci-cpu-option-ht': whole('cpuOptionsThreadsPerCore', 1),
  'eci-image-cache': flag('autoMatchImageCache'),
  'eci-auto-imc': flag('autoMatchImageCache'),
  'eci-image-snapshot-id': text('imageSnapshotId'),
  'eci-imc-id': text('imageSnapshotId'),
  'image-accelerate-mode': word('imageAccelerateMode', ['nydus', 'dadi', 'p2p', 'imc']),
  'plain-http-registry': list('plainHttpRegistry', maxRegistries),
  'insecure-registry': list('insecureRegistry', maxRegistries),
  'eci-security-group': list('securityGroupId', maxSecurityGroups),
  'eci-with-eip': flag('autoCreateEip'),
  'eci-eip-instanceid': text('eipInstanceId'),
  'eip-bandwidth': whole('eipBandwidth', 1),
  'eip-isp': text('eipISP'),
  'eip-common-bandwidth-package-id': text('eipCommonBandwidthPackage'),
  'eci-enable-ipv6': (value, name) => (readFlag(value, name) ? { ipv6AddressCount: 1 } : {}),
  'eci-ipv6-bandwidth-enable': flag('ipv6GatewayBandwidthEnable'),
  // With its unit, such as 5M, or without; ECI takes none.
  'eci-ipv6-bandwidth': (value, name) =>
    text('ipv6GatewayBandwidth', /^\d+$/, 'a number of Mbit/s')(value.replace(/M$/, ''), name),
  'eci-private-ip-address': text('privateIpAddress', ...address),
  'eci-fixed-ip': word('fixedIp', ['true', 'false']),
  'eci-fixed-ip-retain-hour': whole('fixedIpRetainHour', 1),
  'eci-extra-ephemeral-storage': (value, name) => {
    const gibibytes = Math.ceil(readQuantity(value, name) / gibibyte);
    if (gibibytes > maxExtraGibibytes) throw wrong(name, value, `at most ${maxExtraGibibytes}Gi`);
    return { ephemeralStorage: gibibytes };
  },
  'eci-data-cache-bucket': text('dataCacheBucket'),
  'eci-data-cache-pl': word('dataCachePL', ['PL0', 'PL1', 'PL2', 'PL3']),
  'eci-data-cache-provisioned-iops': whole('dataCacheProvisionedIops'),
  'eci-data-cache-bursting-enabled': flag('dataCacheBurstingEnabled'),
  'eci-ram-role-name': text('ramRoleName'),
  'eci-resource-group-id': text('resourceGroupId'),
  'eci-ntp-server': (value, name) => ({ ntpServer: readWords(value, name, maxNtpServers) }),
  'eci-core-pattern': text('corePattern', /\S/, 'a pattern'),
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

function readWords(value: string, name: string, max: number): string[] {
  const found = words(value);
  if (found.length > 0 && found.length <= max && found.every((each) => /^\S+$/.test(each))) return found;
  throw wrong(name, value, `one to ${max} names with commas between them`);
}

export function readFlag(value: string, name: string): boolean {
  if (value !== 'true' && value !== 'false') throw wrong(name, value, 'true or false');
  return value === 'true';
}

export function readNumber(
  value: string,
  name: string,
  { isWhole = false, least = 0 }: { readonly isWhole?: boolean; readonly least?: number } = {},
): number {
  const number = Number(value);
  if (!/^\d+(\.\d+)?$/.test(value) || number < least || (isWhole && !Number.isSafeInteger(number))) {
    const what = isWhole ? 'a whole number' : 'a number';
    throw wrong(name, value, least > 0 ? `${what} of ${least} or more` : what);
  }
  return number;
}

/** CNY an hour, as ECI takes it. */
export function readPrice(value: string, name: string): number {
  if (/\.\d{3}\d*[1-9]/.test(value)) throw wrong(name, value, 'a price of at most three decimals');
  return readNumber(value, name);
}

function readQuantity(value: string, name: string): number {
  if (!isQuantity(value) || parseQuantity(value) < 0) throw wrong(name, value, 'a quantity such as 10M or 50Gi');
  return parseQuantity(value);
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
