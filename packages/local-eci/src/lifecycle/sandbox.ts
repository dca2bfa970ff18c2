import type { ContainerSpec, ImageCredential, VolumeSpec } from '../model.ts';
import type { ContainerUsage, ExecResult, Session, SessionRequest } from '../runtime.ts';
import type { ContainerLog } from './container-log.ts';

/** How a container ended, as a shell would say it: 128 + n for signal n. */
export interface Exit {
  readonly exitCode: number;
  readonly signal?: number;
  /** Set if it never began. */
  readonly startError?: string;
  /** Killed for taking more memory than it may. */
  readonly outOfMemory?: boolean;
  /** What the app left at its termination message path. */
  readonly message?: string;
}

/** One run of a container. */
export interface Run {
  /** Resolves when all of it has ended and its output is taken in. Never rejects. */
  readonly exited: Promise<Exit>;
  /** SIGTERM, SIGKILL after `graceMs`. Resolves with `exited`. May be called again; the first grace counts, but for none at all. */
  stop(graceMs: number): Promise<Exit>;
  /** Joins its streams, from now on. Rejects with `ExecError`. */
  attach(request: SessionRequest): Promise<Session>;
}

/** The image of a container cannot be had, for now. */
export class ImageError extends Error {
  override readonly name = 'ImageError';
  /** A word for a status, such as `ErrImagePull`. */
  readonly reason: string;

  constructor(
    message: string,
    { reason = 'ErrImagePull', cause }: { readonly reason?: string; readonly cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.reason = reason;
  }
}

export interface PullOptions {
  readonly signal: AbortSignal;
  readonly credentials: readonly ImageCredential[];
  /** Told when the image is not there and has to be fetched. */
  readonly onFetch: () => void;
}

/** Where the containers of one group run. Opened for a group, closed when all its containers have ended. */
export interface Sandbox {
  /** The address of the group, for all its containers. */
  readonly ip: string;
  /** The port really listened on, for one that a container declared. */
  portOf(declared: number): number;
  /** Has a container's image there; resolves with its id, or undefined where images have none. Rejects with `ImageError`. */
  pull(container: ContainerSpec, options: PullOptions): Promise<string | undefined>;
  /** Starts a container whose image was pulled. Rejects if it cannot be started at all. */
  start(container: ContainerSpec, log: ContainerLog, options: { readonly signal: AbortSignal }): Promise<Run>;
  /** Runs a command in a running container. Rejects with `ExecError` if it cannot. */
  exec(
    container: ContainerSpec,
    command: readonly string[],
    options: { readonly signal: AbortSignal },
  ): Promise<ExecResult>;
  /** Runs a command in a running container, with streams. Rejects with `ExecError` if it cannot. */
  open(container: ContainerSpec, command: readonly string[], request: SessionRequest): Promise<Session>;
  /** What the running ones of these containers use. */
  usage(names: readonly string[]): Promise<readonly ContainerUsage[]>;
  updateVolumes(volumes: readonly VolumeSpec[]): Promise<void>;
  /** Leaves nothing. Called once. */
  close(): Promise<void>;
}
