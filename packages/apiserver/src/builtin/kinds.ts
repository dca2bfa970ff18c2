/** One built-in kind, in short; what is left out follows from the rest. */
export interface BuiltinKind {
  readonly group: string;
  /** Default `v1`. */
  readonly version?: 'v1' | 'v2';
  readonly kind: string;
  /** Class of `@kubernetes/client-node` that has the fields. Default: the version in capitals and the kind. */
  readonly model?: string;
  /** Default: the kind in lower case with an `s`. */
  readonly plural?: string;
  /** Default false: namespaced. */
  readonly cluster?: true;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly status?: true;
  readonly hasGeneration?: true;
  /** A question that is answered and not stored: verb `create` only. */
  readonly review?: true;
  /** Can be asked for and not made, so that there is none ever. */
  readonly absent?: true;
}

const core = (kind: string, more: Partial<BuiltinKind> = {}): BuiltinKind => ({ group: '', kind, ...more });

const review = (group: string, kind: string, more: Partial<BuiltinKind> = {}): BuiltinKind => ({
  group,
  kind,
  review: true,
  cluster: true,
  ...more,
});

const authentication = 'authentication.k8s.io';
const authorization = 'authorization.k8s.io';
const rbac = 'rbac.authorization.k8s.io';
const admission = 'admissionregistration.k8s.io';
const extension = { cluster: true, categories: ['api-extensions'], hasGeneration: true } as const;

/** Nothing runs workloads here. That there are none can be asked, as `kubectl apply --prune` does of each of these. */
const absent = (group: string, kind: string, more: Partial<BuiltinKind> = {}): BuiltinKind => ({
  group,
  kind,
  absent: true,
  ...more,
});

/** All built-in kinds, each in one version. */
export const builtinKinds: readonly BuiltinKind[] = [
  core('ConfigMap', { shortNames: ['cm'] }),
  core('Endpoints', { plural: 'endpoints', shortNames: ['ep'] }),
  core('Event', { model: 'CoreV1Event', shortNames: ['ev'] }),
  core('LimitRange', { shortNames: ['limits'] }),
  core('Namespace', { cluster: true, shortNames: ['ns'], status: true }),
  core('Node', { cluster: true, shortNames: ['no'], status: true }),
  core('PersistentVolumeClaim', { shortNames: ['pvc'], status: true }),
  core('PersistentVolume', { cluster: true, shortNames: ['pv'], status: true }),
  core('Pod', { shortNames: ['po'], categories: ['all'], status: true, hasGeneration: true }),
  absent('', 'ReplicationController', { shortNames: ['rc'] }),
  core('ResourceQuota', { shortNames: ['quota'], status: true }),
  core('Secret'),
  core('ServiceAccount', { shortNames: ['sa'] }),
  core('Service', { shortNames: ['svc'], categories: ['all'], status: true }),
  { group: admission, kind: 'MutatingWebhookConfiguration', ...extension },
  { group: admission, kind: 'ValidatingWebhookConfiguration', ...extension },
  {
    group: 'apiextensions.k8s.io',
    kind: 'CustomResourceDefinition',
    shortNames: ['crd', 'crds'],
    status: true,
    ...extension,
  },
  absent('apps', 'DaemonSet', { shortNames: ['ds'] }),
  absent('apps', 'Deployment', { shortNames: ['deploy'] }),
  absent('apps', 'ReplicaSet', { shortNames: ['rs'] }),
  absent('apps', 'StatefulSet', { shortNames: ['sts'] }),
  review(authentication, 'SelfSubjectReview'),
  review(authentication, 'TokenReview'),
  review(authorization, 'SelfSubjectAccessReview'),
  review(authorization, 'SelfSubjectRulesReview'),
  review(authorization, 'SubjectAccessReview'),
  // Kept for whoever acts on it; nothing here does.
  {
    group: 'autoscaling',
    version: 'v2',
    kind: 'HorizontalPodAutoscaler',
    shortNames: ['hpa'],
    categories: ['all'],
    status: true,
  },
  absent('batch', 'CronJob', { shortNames: ['cj'] }),
  absent('batch', 'Job'),
  { group: 'coordination.k8s.io', kind: 'Lease' },
  { group: 'discovery.k8s.io', kind: 'EndpointSlice', hasGeneration: true },
  {
    group: 'networking.k8s.io',
    kind: 'Ingress',
    plural: 'ingresses',
    shortNames: ['ing'],
    status: true,
    hasGeneration: true,
  },
  { group: 'policy', kind: 'PodDisruptionBudget', shortNames: ['pdb'], status: true, hasGeneration: true },
  { group: rbac, kind: 'ClusterRole', cluster: true },
  { group: rbac, kind: 'ClusterRoleBinding', cluster: true },
  { group: rbac, kind: 'Role' },
  { group: rbac, kind: 'RoleBinding' },
  {
    group: 'scheduling.k8s.io',
    kind: 'PriorityClass',
    plural: 'priorityclasses',
    cluster: true,
    shortNames: ['pc'],
    hasGeneration: true,
  },
  { group: 'storage.k8s.io', kind: 'StorageClass', plural: 'storageclasses', cluster: true, shortNames: ['sc'] },
];

/** The class of `@kubernetes/client-node` that has the fields of a kind. */
export function modelOf({ version = 'v1', kind, model }: BuiltinKind): string {
  return model ?? `${version.toUpperCase()}${kind}`;
}
