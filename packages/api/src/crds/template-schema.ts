import type { Schema } from '../crd.ts';
import { containerSchema } from './container-schema.ts';
import {
  anyObject,
  atomic,
  atomicList,
  flag,
  intOrString,
  int32,
  int64,
  list,
  listByKey,
  object,
  text,
  textMap,
} from './schema.ts';

const items = atomicList(
  'Which entries become files; all if left out.',
  object(
    'An entry and its file.',
    { key: text('Key of the entry.'), path: text('Path of the file.'), mode: int32('Mode bits of the file.') },
    { required: ['key', 'path'] },
  ),
);

const defaultMode = int32('Mode bits of files that name none.');

/** What a source of a projected volume is, and a volume of its own but for its mode bits. */
const source = (kind: string, more: Readonly<Record<string, Schema>> = {}): Schema =>
  atomic(
    object(`The entries of a ${kind} as files.`, {
      name: text(`Name of the ${kind}.`, { default: '' }),
      items,
      optional: flag(`Whether the ${kind} may be absent.`),
      ...more,
    }),
  );

const secret = object('The entries of a Secret as files.', {
  secretName: text('Name of the Secret.'),
  items,
  defaultMode,
  optional: flag('Whether the Secret may be absent.'),
});

const downwardFiles = atomicList(
  'The fields and their files.',
  object(
    'A field and its file.',
    {
      path: text('Path of the file.'),
      mode: int32('Mode bits of the file.'),
      fieldRef: object(
        'A field of the pod.',
        { apiVersion: text('API version of the path; v1 if left out.'), fieldPath: text('The field.') },
        { required: ['fieldPath'], 'x-kubernetes-map-type': 'atomic' },
      ),
      resourceFieldRef: object(
        'A resource of a container.',
        {
          containerName: text('The container.'),
          divisor: intOrString('What it is divided by; 1 if left out.'),
          resource: text('The resource, such as limits.cpu.'),
        },
        { required: ['resource'], 'x-kubernetes-map-type': 'atomic' },
      ),
    },
    { required: ['path'] },
  ),
);

const projected = object('Several sources in one folder.', {
  defaultMode,
  sources: atomicList(
    'The sources; on equal paths the last one wins.',
    object('A source.', {
      configMap: source('ConfigMap'),
      secret: source('Secret'),
      serviceAccountToken: object(
        'A token of the service account.',
        {
          audience: text('For whom it is meant.'),
          expirationSeconds: int64('Seconds it is good for.'),
          path: text('Path of the file.'),
        },
        { required: ['path'] },
      ),
      downwardAPI: object('Fields of the pod as files.', { items: downwardFiles }),
    }),
  ),
});

const behindFlag = (what: string): Schema => anyObject(`${what}. Needs a feature flag.`);

const volume = object(
  'A volume: one source.',
  {
    name: text('Name by which containers mount it.'),
    configMap: source('ConfigMap', { defaultMode }),
    secret,
    projected,
    emptyDir: anyObject('An empty folder that lives as long as the instance.'),
    persistentVolumeClaim: behindFlag('A persistent volume'),
    hostPath: behindFlag('A path of the node'),
    csi: behindFlag('A volume of a CSI driver'),
    ephemeral: behindFlag('A volume made for the instance'),
    image: behindFlag("An image's files"),
  },
  { required: ['name'] },
);

const flagged: Record<string, Schema> = {
  affinity: behindFlag('Where to be placed'),
  dnsConfig: behindFlag('DNS settings'),
  dnsPolicy: text('DNS policy. Needs a feature flag.'),
  hostAliases: list('Entries of the hosts file. Needs a feature flag.', anyObject('An entry.')),
  hostIPC: flag('Needs a feature flag.'),
  hostNetwork: flag('Needs a feature flag.'),
  hostPID: flag('Needs a feature flag.'),
  initContainers: list(
    'Containers that run first, one after the other. Needs a feature flag.',
    anyObject('A container.'),
  ),
  nodeSelector: atomic(textMap('Labels the node must have. Needs a feature flag.')),
  priorityClassName: text('Priority class. Needs a feature flag.'),
  runtimeClassName: text('Runtime class. Needs a feature flag.'),
  schedulerName: text('Scheduler. Needs a feature flag.'),
  securityContext: behindFlag('What the processes of the pod may do'),
  shareProcessNamespace: flag("Whether containers see each other's processes. Needs a feature flag."),
  tolerations: list('Taints tolerated. Needs a feature flag.', anyObject('A toleration.')),
  topologySpreadConstraints: list('How to be spread. Needs a feature flag.', anyObject('A constraint.')),
};

/** What an instance runs, and how requests reach it (serving-api.md, section 5). */
export const revisionSpecSchema: Schema = object(
  'What an instance runs, and how requests reach it.',
  {
    containers: list(
      'Containers of an instance; the one with ports, or the only one, gets the requests.',
      containerSchema,
    ),
    containerConcurrency: int64('Requests an instance gets at once; 0, the default, means any number.'),
    timeoutSeconds: int64('Seconds from the arrival of a request to the end of its response. Default 300.'),
    responseStartTimeoutSeconds: int64('Seconds from the arrival of a request to the first byte of its response.'),
    idleTimeoutSeconds: int64('Seconds a response may be silent.'),
    serviceAccountName: text('Service account of the instances.'),
    automountServiceAccountToken: flag('May only be false.'),
    enableServiceLinks: flag('Whether Services of the namespace show as environment variables.'),
    imagePullSecrets: listByKey(
      'Secrets to pull the images with.',
      'name',
      object('A Secret.', { name: text('Its name.', { default: '' }) }, { 'x-kubernetes-map-type': 'atomic' }),
    ),
    volumes: listByKey('Volumes that containers mount.', 'name', volume),
    ...flagged,
  },
  { required: ['containers'] },
);

/** What a new Revision is made from. */
export const templateSchema: Schema = object('What a new Revision is made from; every change makes one.', {
  metadata: object(
    "The Revision's labels and annotations, and its name if it shall have one of its own.",
    {
      name: text('Name of the Revision: <service>-<something>.'),
      namespace: text('Not used.'),
      labels: textMap('Labels of the Revision and its pods.'),
      annotations: textMap('Annotations of the Revision, such as autoscaling.knative.dev/target.'),
      finalizers: list('Finalizers.', text('A finalizer.')),
    },
    { 'x-kubernetes-preserve-unknown-fields': true },
  ),
  spec: revisionSpecSchema,
});
