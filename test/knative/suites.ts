/** One of Knative's own suites of tests, and what it wants configured. */
export interface Suite {
  /** Also the heading under which docs/compatibility.md tells of it. */
  readonly name: string;
  /** Below `knative.dev/serving/test`. */
  readonly folder: string;
  /** ConfigMap → key → value, for as long as the suite runs. */
  readonly config?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Most it may take, in minutes. */
  readonly minutes: number;
}

const feature = (...names: readonly string[]): NonNullable<Suite['config']> => ({
  'config-features': Object.fromEntries(names.map((name) => [name, 'Enabled'])),
});

/** In the order and with the switches of Knative's own script. */
export const suites: readonly Suite[] = [
  { name: 'conformance/api/v1', folder: 'conformance/api/v1', minutes: 15 },
  { name: 'conformance/api/v1beta1', folder: 'conformance/api/v1beta1', minutes: 5 },
  { name: 'conformance/runtime', folder: 'conformance/runtime', minutes: 15 },
  { name: 'e2e', folder: 'e2e', minutes: 30 },
  { name: 'e2e/tagheader', folder: 'e2e/tagheader', config: feature('tag-header-based-routing'), minutes: 3 },
  {
    name: 'e2e/initscale',
    folder: 'e2e/initscale',
    config: { 'config-autoscaler': { 'allow-zero-initial-scale': 'true' } },
    minutes: 3,
  },
  { name: 'e2e/domainmapping', folder: 'e2e/domainmapping', minutes: 3 },
  {
    name: 'e2e/gc',
    folder: 'e2e/gc',
    config: {
      'config-gc': {
        'retain-since-create-time': 'disabled',
        'retain-since-last-active-time': 'disabled',
        'min-non-active-revisions': '0',
        'max-non-active-revisions': '0',
      },
    },
    minutes: 3,
  },
  {
    name: 'e2e/initcontainers',
    folder: 'e2e/initcontainers',
    config: feature('kubernetes.podspec-init-containers'),
    minutes: 3,
  },
  {
    name: 'e2e/multicontainerprobing',
    folder: 'e2e/multicontainerprobing',
    config: feature('multi-container-probing'),
    minutes: 3,
  },
  {
    name: 'e2e/pvc',
    folder: 'e2e/pvc',
    config: feature(
      'kubernetes.podspec-persistent-volume-claim',
      'kubernetes.podspec-persistent-volume-write',
      'kubernetes.podspec-securitycontext',
    ),
    minutes: 5,
  },
  { name: 'e2e/securedefaults', folder: 'e2e/securedefaults', config: feature('secure-pod-defaults'), minutes: 3 },
];

/** Images that the suites deploy, by the folder of their program below `knative.dev/serving/test/test_images`. */
export const images: readonly string[] = [
  'autoscale',
  'failing',
  'grpc-ping',
  'hellohttp2',
  'hellovolume',
  'helloworld',
  'httpproxy',
  'multicontainer/servingcontainer',
  'multicontainer/sidecarcontainer',
  'pizzaplanetv1',
  'pizzaplanetv2',
  'readiness',
  'revisionfailure',
  'runtime',
  'singlethreaded',
  'slowstart',
  'timeout',
  'volumes',
  'wsserver',
];
