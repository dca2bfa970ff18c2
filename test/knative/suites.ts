/** One of Knative's own suites of tests, and what it wants configured. */
export interface Suite {
  /** Also the heading under which docs/compatibility.md tells of it. */
  readonly name: string;
  /** Of Go; default: the one of that name below `knative.dev/serving/test`. */
  readonly package?: string;
  /** Its tests are told one by one in the table, not as one. */
  readonly inParts?: boolean;
  /** Where its images are. Default: Knative Serving's. */
  readonly repository?: Repository;
  /** ConfigMap → key → value, for as long as the suite runs. */
  readonly config?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Most it may take, in minutes. */
  readonly minutes: number;
}

/** Two of Knative's modules have images of the same names. */
export type Repository = keyof typeof images;

const feature = (...names: readonly string[]): NonNullable<Suite['config']> => ({
  'config-features': Object.fromEntries(names.map((name) => [name, 'Enabled'])),
});

/** In the order and with the switches of Knative's own script. */
export const suites: readonly Suite[] = [
  { name: 'conformance/api/v1', minutes: 15 },
  { name: 'conformance/api/v1beta1', minutes: 5 },
  { name: 'conformance/runtime', minutes: 15 },
  { name: 'e2e', minutes: 30 },
  { name: 'e2e/tagheader', config: feature('tag-header-based-routing'), minutes: 3 },
  {
    name: 'e2e/initscale',
    config: { 'config-autoscaler': { 'allow-zero-initial-scale': 'true' } },
    minutes: 3,
  },
  { name: 'e2e/domainmapping', minutes: 3 },
  {
    name: 'e2e/gc',
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
    config: feature('kubernetes.podspec-init-containers'),
    minutes: 3,
  },
  {
    name: 'e2e/multicontainerprobing',
    config: feature('multi-container-probing'),
    minutes: 3,
  },
  {
    name: 'e2e/pvc',
    config: feature(
      'kubernetes.podspec-persistent-volume-claim',
      'kubernetes.podspec-persistent-volume-write',
      'kubernetes.podspec-securitycontext',
    ),
    minutes: 5,
  },
  { name: 'e2e/securedefaults', config: feature('secure-pod-defaults'), minutes: 3 },
  {
    name: 'networking/conformance/ingress',
    package: 'knative.dev/networking/test/conformance/ingress',
    inParts: true,
    repository: 'networking',
    minutes: 15,
  },
];

/** Images that the suites deploy, by the package of their program below `knative.dev`. */
export const images = {
  serving: [
    'serving/test/test_images/autoscale',
    'serving/test/test_images/failing',
    'serving/test/test_images/grpc-ping',
    'serving/test/test_images/hellohttp2',
    'serving/test/test_images/hellovolume',
    'serving/test/test_images/helloworld',
    'serving/test/test_images/httpproxy',
    'serving/test/test_images/multicontainer/servingcontainer',
    'serving/test/test_images/multicontainer/sidecarcontainer',
    'serving/test/test_images/pizzaplanetv1',
    'serving/test/test_images/pizzaplanetv2',
    'serving/test/test_images/readiness',
    'serving/test/test_images/revisionfailure',
    'serving/test/test_images/runtime',
    'serving/test/test_images/singlethreaded',
    'serving/test/test_images/slowstart',
    'serving/test/test_images/timeout',
    'serving/test/test_images/volumes',
    'serving/test/test_images/wsserver',
  ],
  networking: [
    'networking/test/test_images/grpc-ping',
    'networking/test/test_images/httpproxy',
    'networking/test/test_images/retry',
    'networking/test/test_images/runtime',
    'networking/test/test_images/timeout',
    'networking/test/test_images/wsserver',
  ],
} as const;
