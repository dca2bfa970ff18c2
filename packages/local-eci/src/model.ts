import type { ProbeAction, ProbeSpec } from '@ebb/base/probe';

export type { ProbeSpec };

/** A container group as it was asked for: what `CreateContainerGroup` says, checked and with its defaults filled in. */
export interface GroupSpec {
  readonly name: string;
  readonly regionId: string;
  /** vCPUs and GiB asked for the whole group. */
  readonly cpu: number;
  readonly memory: number;
  /** ECS types to make it from, in order of preference; they outrank `cpu` and `memory`. */
  readonly instanceTypes: readonly string[];
  /** Kinds of instance, in order of preference. Default: any. */
  readonly computeCategories?: readonly ComputeCategory[];
  /** Where it may be, in order of preference. */
  readonly vSwitchIds: readonly string[];
  /** The order of vSwitches means nothing: so it is unless somebody says that it does. */
  readonly scheduleRandom: boolean;
  /** Absent for an instance on demand. */
  readonly spot?: SpotSpec;
  readonly restartPolicy: RestartPolicy;
  readonly terminationGracePeriodSeconds: number;
  readonly activeDeadlineSeconds?: number;
  /** How long it may take to run. */
  readonly maxPendingMinutes: number;
  /** GiB of disk beside what there is anyway. Default 0. */
  readonly ephemeralStorage?: number;
  readonly initContainers: readonly ContainerSpec[];
  readonly containers: readonly ContainerSpec[];
  readonly volumes: readonly VolumeSpec[];
  readonly imageCredentials: readonly ImageCredential[];
  /** It is made from an image cache: there is less to pull. Default false. */
  readonly hasImages?: boolean;
  readonly tags: readonly Tag[];
  /** Names its containers know beside those of the DNS. Default: none. */
  readonly hostAliases?: readonly { readonly ip: string; readonly hostNames: readonly string[] }[];
  /** Default: that of the place where it runs. */
  readonly dns?: DnsSpec;
  /** Kernel parameters of its own network and processes. Default: none. */
  readonly sysctls?: readonly { readonly name: string; readonly value: string }[];
  /** Its containers see each other's processes. Default false. */
  readonly shareProcessNamespace?: boolean;
  /** Fields that only come back in answers: `SecurityGroupId`, `RamRoleName`… by their name on the wire. */
  readonly labels: Readonly<Record<string, string>>;
}

export const computeCategories = ['economy', 'general'] as const;
export type ComputeCategory = (typeof computeCategories)[number];

export const dnsPolicies = ['None', 'Default', 'ClusterFirst', 'ClusterFirstWithHostNet'] as const;

/** Whom containers ask for names. */
export interface DnsSpec {
  /** What the rest is added to: nothing, the names of the machine, or those of the cluster. */
  readonly policy: (typeof dnsPolicies)[number];
  readonly nameServers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly { readonly name: string; readonly value: string }[];
}

export const spotStrategies = ['NoSpot', 'SpotAsPriceGo', 'SpotWithPriceLimit'] as const;

/** An instance that may be taken back. */
export interface SpotSpec {
  readonly strategy: Exclude<(typeof spotStrategies)[number], 'NoSpot'>;
  /** The most an hour may cost, in CNY. */
  readonly priceLimit?: number;
  /** Hours it is not taken back. */
  readonly durationHours: number;
}

export type RestartPolicy = 'Always' | 'OnFailure' | 'Never';

export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** A user of an image registry; `server` without scheme, such as `registry.example:5000`. */
export interface ImageCredential {
  readonly server: string;
  readonly userName: string;
  readonly password: string;
}

export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly workingDir?: string;
  readonly env: readonly EnvironmentVar[];
  readonly ports: readonly PortSpec[];
  readonly cpu?: number;
  readonly memory?: number;
  readonly imagePullPolicy?: string;
  readonly volumeMounts: readonly VolumeMountSpec[];
  readonly livenessProbe?: ProbeSpec;
  readonly readinessProbe?: ProbeSpec;
  /** Done after each start, before the container counts as running. */
  readonly postStart?: HookSpec;
  /** Done before it is told to stop, within its grace; not when it ends by itself. */
  readonly preStop?: HookSpec;
  readonly security: SecuritySpec;
  /** Its standard input can be written to by who attaches; else it is at its end from the start. */
  readonly stdin?: boolean;
  /** Standard input ends when the first who attached leaves. */
  readonly stdinOnce?: boolean;
  /** It runs in a terminal. */
  readonly tty?: boolean;
  /** Where the app may leave its last words. Default `/dev/termination-log`. */
  readonly terminationMessagePath?: string;
  /** Where these are taken from: the file, or the end of the log too if that is empty and the app failed. */
  readonly terminationMessagePolicy?: TerminationMessagePolicy;
}

/** A deed at a moment of a container's life: a command, a request, a connection. */
export interface HookSpec {
  readonly action: ProbeAction;
  /** Where to, of a request or a connection. Default: the group's address. */
  readonly host?: string;
}

export const terminationMessagePolicies = ['File', 'FallbackToLogsOnError'] as const;
export type TerminationMessagePolicy = (typeof terminationMessagePolicies)[number];

/** As whom and with what rights a container runs; what is left out is the image's to say. */
export interface SecuritySpec {
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly runAsNonRoot?: boolean;
  readonly readOnlyRootFilesystem?: boolean;
  /** Capabilities beside the usual ones: `NET_ADMIN`, `NET_RAW`. */
  readonly addCapabilities?: readonly string[];
}

export interface EnvironmentVar {
  readonly key: string;
  readonly value: string;
  /** Taken from the group itself instead of `value`. */
  readonly fieldPath?: FieldPath;
}

export const fieldPaths = ['status.podIP', 'status.hostIP'] as const;
export type FieldPath = (typeof fieldPaths)[number];

export interface PortSpec {
  readonly port: number;
  readonly protocol: string;
}

export interface VolumeMountSpec {
  readonly name: string;
  readonly mountPath: string;
  readonly subPath?: string;
  readonly readOnly: boolean;
}

export interface VolumeSpec {
  readonly name: string;
  readonly type: string;
  /** Files of a `ConfigFileVolume`, their paths relative to the volume. */
  readonly files: readonly ConfigFile[];
  /** Of its files that name no mode of their own. Default: 0644. */
  readonly fileMode?: number;
  /** Of an `EmptyDirVolume`: kept in memory, at most so many bytes. */
  readonly inMemory?: boolean;
  readonly sizeBytes?: number;
  /** Of a volume that lies elsewhere (NFS, disk, NAS, OSS): by which it is known again by the next group that mounts it. */
  readonly share?: string;
}

export interface ConfigFile {
  readonly path: string;
  readonly mode: number;
  /** Base64, as on the wire. */
  readonly content: string;
}

/** A container's state, as in `CurrentState` and `PreviousState`. Times in milliseconds since the epoch. */
export type ContainerState =
  | { readonly state: 'Waiting'; readonly reason: string; readonly message: string }
  | { readonly state: 'Running'; readonly startedAtMs: number }
  | {
      readonly state: 'Terminated';
      readonly exitCode: number;
      readonly signal?: number;
      readonly reason: string;
      readonly message: string;
      readonly startedAtMs: number;
      readonly finishedAtMs: number;
    };

export interface ContainerStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly current: ContainerState;
  readonly previous?: ContainerState;
  /** The image it runs, with its digest where there is one. */
  readonly imageId?: string;
  /** The ports it really listens on, in the order of the spec's. */
  readonly ports: readonly number[];
}

/** States of a group itself (serverless-node.md, section 2.4). */
const groupPhases = [
  'Scheduling',
  'ScheduleFailed',
  'Pending',
  'Running',
  'Restarting',
  'Succeeded',
  'Failed',
  'Expired',
] as const;
export type GroupPhase = (typeof groupPhases)[number];

/** What is told of a group: its own states, and those that calls bring it into. */
export const groupStatuses: readonly [...typeof groupPhases, 'Updating', 'Terminating'] = [
  ...groupPhases,
  'Updating',
  'Terminating',
];

export interface GroupState {
  readonly phase: GroupPhase;
  readonly ip?: string;
  readonly reason?: string;
  readonly message?: string;
  /** When the instance was there, and when the group came to its end. */
  readonly startedAtMs?: number;
  readonly finishedAtMs?: number;
  readonly initContainers: readonly ContainerStatus[];
  readonly containers: readonly ContainerStatus[];
}

/** A group that has come to its end stays so. */
export const isFinal = (phase: GroupPhase): boolean =>
  phase === 'Succeeded' || phase === 'Failed' || phase === 'ScheduleFailed' || phase === 'Expired';
