import { dirname, join } from 'node:path';
import { ownVariables } from '../lifecycle/environment.ts';
import type { ContainerSpec } from '../model.ts';

/** What an app may know of the shell that started Ebb. The rest (tokens, keys) is not its business. */
const inherited = ['HOME', 'LANG', 'TMPDIR', 'TZ'] as const;

export interface EnvironmentOptions {
  readonly spec: ContainerSpec;
  readonly hostName: string;
  readonly folder: string;
  readonly ip: string;
  /** The port to listen on, if the container declares one. */
  readonly port: number | undefined;
  /** Where its volume mounts really are, in order. */
  readonly mounts: readonly string[];
  /** Where it may leave its last words, whatever path it was promised: the machine's own files are all there are. */
  readonly messageFile: string;
  /** By which the container's processes are known again. */
  readonly marker: string;
  readonly parent: Readonly<Record<string, string | undefined>>;
}

/** The name of the variable that marks all processes of a container. */
export const markerName = 'EBB_CONTAINER';

/** The environment of a container's processes: a clean base, the container's own, and what only the runtime knows. */
export function containerEnvironment(options: EnvironmentOptions): Record<string, string> {
  const { spec, parent } = options;
  const environment: Record<string, string> = { PATH: searchPath(options), HOSTNAME: options.hostName };
  for (const name of inherited) {
    const value = parent[name];
    if (value !== undefined) environment[name] = value;
  }
  Object.assign(environment, ownVariables(spec, options.ip));
  if (options.port !== undefined) environment['PORT'] = String(options.port);
  for (const [index, path] of options.mounts.entries()) environment[`EBB_MOUNT_${index + 1}`] = path;
  environment['EBB_TERMINATION_LOG'] = options.messageFile;
  environment[markerName] = options.marker;
  return environment;
}

/** The app's own tools first; the Node that runs Ebb last, for machines that have no other. */
function searchPath({ folder, parent }: EnvironmentOptions): string {
  const own = join(folder, 'node_modules', '.bin');
  return [own, parent['PATH'] ?? '/usr/local/bin:/usr/bin:/bin', dirname(process.execPath)].join(':');
}
