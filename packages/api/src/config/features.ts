import type { ConfigData } from './data.ts';

/** `Allowed`: permitted in a spec, not switched on by itself. */
export type Flag = 'Enabled' | 'Allowed' | 'Disabled';

export type SecurePodDefaults = 'Disabled' | 'AllowRootBounded' | 'Enabled';

const podSpecFlags = [
  'affinity',
  'dnsconfig',
  'dnspolicy',
  'fieldref',
  'hostaliases',
  'hostipc',
  'hostnetwork',
  'hostpid',
  'init-containers',
  'nodeselector',
  'persistent-volume-claim',
  'persistent-volume-write',
  'priorityclassname',
  'runtimeclassname',
  'schedulername',
  'securitycontext',
  'shareprocessnamespace',
  'tolerations',
  'topologyspreadconstraints',
  'volumes-csi',
  'volumes-emptydir',
  'volumes-ephemeral',
  'volumes-hostpath',
  'volumes-image',
  'volumes-mount-propagation',
] as const;

const otherFlags = [
  'multi-container',
  'multi-container-probing',
  'autodetect-http2',
  'queueproxy.mount-podinfo',
  'queueproxy.resource-defaults',
  'tag-header-based-routing',
  'kubernetes.containerspec-addcapabilities',
] as const;

/** A flag that lets a field of PodSpec, or a kind of volume, into specs. */
export type PodSpecFlag = `kubernetes.podspec-${(typeof podSpecFlags)[number]}`;

/** A key of `config-features` whose value is a `Flag`. */
export type FeatureName = PodSpecFlag | (typeof otherFlags)[number];

/** The ConfigMap `config-features`, complete, by its own keys. */
export type FeaturesConfig = Readonly<Record<FeatureName, Flag>> & {
  readonly 'secure-pod-defaults': SecurePodDefaults;
};

const names: readonly FeatureName[] = [
  ...otherFlags,
  ...podSpecFlags.map((name): PodSpecFlag => `kubernetes.podspec-${name}`),
];
const enabledByDefault: ReadonlySet<FeatureName> = new Set<FeatureName>([
  'multi-container',
  'kubernetes.podspec-volumes-emptydir',
]);
const flags: readonly Flag[] = ['Enabled', 'Allowed', 'Disabled'];
const securePodDefaults: readonly SecurePodDefaults[] = ['Disabled', 'AllowRootBounded', 'Enabled'];

/** Reads `config-features` (serving-api.md, section 12). A value that is none keeps the default; never throws. */
export function parseFeaturesConfig(data: ConfigData = {}): FeaturesConfig {
  const flag = (name: FeatureName): Flag =>
    findWord(flags, data[name]) ?? (enabledByDefault.has(name) ? 'Enabled' : 'Disabled');
  const features = Object.fromEntries(names.map((name) => [name, flag(name)])) as Record<FeatureName, Flag>;
  return {
    ...features,
    'secure-pod-defaults': findWord(securePodDefaults, data['secure-pod-defaults']) ?? 'Disabled',
  };
}

function findWord<T extends string>(words: readonly T[], text: string | undefined): T | undefined {
  return words.find((word) => word.toLowerCase() === text?.trim().toLowerCase());
}
