import type { Schema } from '../crd.ts';
import {
  anyObject,
  atomic,
  atomicList,
  flag,
  int32,
  int64,
  intOrString,
  list,
  listByKey,
  object,
  quantityMap,
  text,
} from './schema.ts';

const item = (description: string): Schema => text(description);

const keyRef = (kind: string): Schema =>
  object(
    `A key of a ${kind}.`,
    {
      key: text(`The key in the ${kind}.`),
      name: text(`Name of the ${kind}.`, { default: '' }),
      optional: flag(`Whether the ${kind} or its key may be absent.`),
    },
    { required: ['key'], 'x-kubernetes-map-type': 'atomic' },
  );

const sourceRef = (kind: string): Schema =>
  object(
    `All entries of a ${kind}.`,
    { name: text(`Name of the ${kind}.`, { default: '' }), optional: flag(`Whether the ${kind} may be absent.`) },
    { 'x-kubernetes-map-type': 'atomic' },
  );

const env = listByKey(
  'Environment variables of the container. PORT, K_SERVICE, K_CONFIGURATION and K_REVISION are set by the platform.',
  'name',
  object(
    'An environment variable.',
    {
      name: text('Name of the variable.'),
      value: text('Its value; $(NAME) stands for a variable defined before.'),
      valueFrom: object('Where the value comes from instead.', {
        configMapKeyRef: keyRef('ConfigMap'),
        secretKeyRef: keyRef('Secret'),
        fieldRef: atomic(anyObject('A field of the pod. Needs the feature kubernetes.podspec-fieldref.')),
        resourceFieldRef: atomic(
          anyObject('A resource of the container. Needs the feature kubernetes.podspec-fieldref.'),
        ),
      }),
    },
    { required: ['name'] },
  ),
);

const envFrom = atomicList(
  'Sources of which every entry becomes an environment variable; env wins over them.',
  object('A source of environment variables.', {
    prefix: text('Put before each name.'),
    configMapRef: sourceRef('ConfigMap'),
    secretRef: sourceRef('Secret'),
  }),
);

const httpHeader = object(
  'A header to send.',
  { name: text('Name of the header.'), value: text('Its value.') },
  { required: ['name', 'value'] },
);

function probe(description: string): Schema {
  return object(description, {
    httpGet: object('An HTTP GET; 200 to 399 is a success.', {
      path: text('Path to ask for.'),
      port: intOrString('Port; 0 or none means the port requests go to.'),
      host: text('Host to connect to; default: the instance.'),
      scheme: text('HTTP or HTTPS.'),
      httpHeaders: atomicList('Headers to send with it.', httpHeader),
    }),
    tcpSocket: object('A connection; being accepted is a success.', {
      port: intOrString('Port; 0 or none means the port requests go to.'),
      host: text('Host to connect to; default: the instance.'),
    }),
    exec: object('A command run in the container; exit code 0 is a success.', {
      command: atomicList('The command and its arguments; no shell is involved.', item('A word of the command.')),
    }),
    grpc: object('A call of the gRPC health service.', {
      port: int32('Port; 0 or none means the port requests go to.'),
      service: text('Name of the service to ask for.', { default: '' }),
    }),
    initialDelaySeconds: int32('Seconds after the start before the first try.'),
    periodSeconds: int32('Seconds between tries. 0, the default for readiness, means as often as makes sense.'),
    timeoutSeconds: int32('Seconds a try may take.'),
    successThreshold: int32('Successes in a row that make a success.'),
    failureThreshold: int32('Failures in a row that make a failure.'),
  });
}

const ports = list(
  'The port requests are sent to: one, in one container. Default 8080; the environment variable PORT tells it.',
  object('A port.', {
    containerPort: int32('Its number.'),
    name: text("What it speaks: 'http1' or empty for HTTP/1.1, 'h2c' for HTTP/2 without TLS."),
    protocol: text('TCP.', { default: 'TCP' }),
  }),
);

const securityContext = object('What the processes of the container may do.', {
  allowPrivilegeEscalation: flag('Whether a process may gain more privileges than its parent.'),
  capabilities: object('Capabilities added and dropped.', {
    add: atomicList('Capabilities to add.', item('Name of a capability.')),
    drop: atomicList('Capabilities to drop.', item('Name of a capability, or ALL.')),
  }),
  privileged: flag('May only be false.'),
  readOnlyRootFilesystem: flag('Whether the root file system is read only.'),
  runAsGroup: int64('Numeric group of the processes.'),
  runAsNonRoot: flag('Refuse to start as root.'),
  runAsUser: int64('Numeric user of the processes.'),
  seccompProfile: object(
    'System calls allowed.',
    { type: text('RuntimeDefault, Unconfined or Localhost.'), localhostProfile: text('A profile on the node.') },
    { required: ['type'] },
  ),
});

const volumeMounts = listByKey(
  'Volumes and where they are seen.',
  'mountPath',
  object(
    'A mounted volume.',
    {
      name: text('Name of the volume.'),
      mountPath: text('Where it is seen; absolute.'),
      readOnly: flag('Whether it is read only.'),
      subPath: text('A path within the volume, instead of its root.'),
      mountPropagation: text('None or HostToContainer. Needs a feature flag.'),
    },
    { required: ['name', 'mountPath'] },
  ),
);

const resources = object('CPU and memory.', {
  limits: quantityMap('The most it may use.'),
  requests: quantityMap('What it needs at least.'),
});

/** A container of a revision template (serving-api.md, section 7.2). */
export const containerSchema: Schema = object('A container.', {
  name: text('Name; user-container if empty.'),
  image: text('Image to run. dev.local/<name> is a folder of this machine under ebb dev.'),
  command: atomicList("Replaces the image's entry point; no shell is involved.", item('A word of the command.')),
  args: atomicList("Arguments; replaces the image's.", item('An argument.')),
  workingDir: text("Working directory; the image's if empty."),
  env,
  envFrom,
  ports,
  resources,
  volumeMounts,
  readinessProbe: probe('Says whether the instance may get requests. Without one, accepting connections is enough.'),
  livenessProbe: probe('Says whether the container still works; it is restarted if not.'),
  startupProbe: probe('Says whether the container has started; other probes wait for it.'),
  imagePullPolicy: text('Always, IfNotPresent or Never.'),
  securityContext,
  terminationMessagePath: text('File with a last message.'),
  terminationMessagePolicy: text('File, or FallbackToLogsOnError.'),
});
