import type { Readable, Writable } from 'node:stream';
import type { TerminalSize } from '@ebb/base/channels';
import type { GroupSpec, GroupState, ImageCredential, VolumeSpec } from './model.ts';

/** What runs container groups: as processes, as containers, or only in pretence. One contract, one suite (`./testing`). */
export interface Runtime {
  /** Begins to run a group and returns at once; what becomes of it shows in the instance's `state`. Never throws. */
  create(id: string, spec: GroupSpec, host: GroupHost): Instance;
  /** Stops all groups with their grace; when it resolves no process and no port of theirs is left. */
  close(): Promise<void>;
}

/** The runtime's way to tell the server of a group. */
export interface GroupHost {
  /** The state is no longer what it was. */
  changed(): void;
  event(event: GroupEvent): void;
  /** Whom its images are pulled as, which may be others by now than those it was made with. */
  imageCredentials(): readonly ImageCredential[];
}

export interface GroupEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

export interface StopOptions {
  /** Wait for no grace period. Default: false. */
  readonly force?: boolean;
}

/** One running group. */
export interface Instance {
  readonly state: GroupState;
  /**
   * SIGTERM, grace period, SIGKILL; resolves when nothing of it is left. May be called again, also to end it at once, by `force`,
   * what is given its grace by now.
   */
  stop(options?: StopOptions): Promise<void>;
  /** Stops all containers and starts those it is to have from now on; resolves once they are on their way. */
  restart(spec: GroupSpec): Promise<void>;
  /** Gives config volumes new files, in the same places; running containers see them. Rejects if that cannot be done. */
  updateVolumes(volumes: readonly VolumeSpec[]): Promise<void>;
  /** Lines kept of a container, oldest first: of its present run, or of the one before. Undefined: no such container. */
  log(container: string, run: 'current' | 'previous'): readonly LogLine[] | undefined;
  /** Runs a command beside a container. Throws `ExecError` if it cannot. */
  exec(container: string, command: readonly string[], options: { readonly signal: AbortSignal }): Promise<ExecResult>;
  /** Runs a command beside a container, or attaches to it, with streams to its end. Rejects with `ExecError` if it cannot. */
  open(container: string, request: SessionRequest): Promise<Session>;
  /** What its running containers use; those of which nothing can be known are left out. */
  usage(): Promise<readonly ContainerUsage[]>;
}

/** What is wanted of a container. */
export interface SessionRequest {
  /** Absent: its own process. */
  readonly command?: readonly string[];
  /** Whether its standard input is written to. */
  readonly stdin: boolean;
  /** Whether it runs in a terminal. Of an attach the container decides, and this is not looked at. */
  readonly tty: boolean;
}

/** A command that runs, or a container attached to. All streams are to be read. */
export interface Session {
  readonly stdin: Writable | undefined;
  readonly stdout: Readable;
  /** None of a terminal, which has one output. */
  readonly stderr: Readable | undefined;
  /** Tells the terminal its size, and resolves when it is so; without one nothing happens. Never rejects. */
  resize(size: TerminalSize): Promise<void>;
  /** The command's exit code; of an attach 0, at the end of the container's run. Rejects with `ExecError`. */
  readonly exited: Promise<number>;
  /** The client left: a command is ended where that can be done, a container is left alone. */
  close(): void;
}

export interface ContainerUsage {
  readonly name: string;
  /** CPU time since it started, in nanoseconds. */
  readonly cpuNanoseconds: number;
  /** Memory that cannot be taken back, in bytes. */
  readonly memoryBytes: number;
}

export interface LogLine {
  /** Nanoseconds since the epoch; strictly increasing within a container. */
  readonly atNs: bigint;
  /** Without the line's end. */
  readonly text: Buffer;
}

export interface ExecResult {
  readonly exitCode: number;
  /** Standard output and error, as they came. */
  readonly output: string;
}

/** A command could not be run at all. */
export class ExecError extends Error {
  override readonly name = 'ExecError';
}
