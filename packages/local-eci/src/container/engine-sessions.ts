import type { Duplex } from 'node:stream';
import type { TerminalSize } from '@ebb/base/channels';
import { EngineError, type EngineApi } from './engine-api.ts';

/** What the runtime needs of an engine to look into running containers. Calls reject with `EngineError` on a refusal. */
export interface EngineSessions {
  /** Runs a command with streams. */
  openExec(
    id: string,
    command: readonly string[],
    options: { readonly stdin: boolean; readonly tty: boolean },
  ): Promise<EngineSession>;
  /** The streams of a running container. */
  attach(id: string, options: { readonly stdin: boolean }): Promise<EngineSession>;
  /** CPU time in nanoseconds and memory in bytes; undefined if it does not run. */
  usage(id: string): Promise<{ readonly cpuNanoseconds: number; readonly memoryBytes: number } | undefined>;
}

/** A command or a container whose streams are ours. */
export interface EngineSession {
  /** Its output comes out of it, multiplexed unless it has a terminal; its input goes in, and ends with it. */
  readonly connection: Duplex;
  resize(size: TerminalSize): Promise<void>;
  /** Known when the connection has ended. */
  exitCode(): Promise<number>;
}

export function createEngineSessions(api: EngineApi): EngineSessions {
  const get = (path: string): Promise<unknown> => api.call({ method: 'GET', path });
  const post = (path: string, body?: object): Promise<unknown> =>
    api.call({ method: 'POST', path, ...(body ? { body } : {}) });
  return {
    openExec: async (id, command, { stdin, tty }) => {
      const body = { Cmd: command, AttachStdin: stdin, AttachStdout: true, AttachStderr: true, Tty: tty };
      const env = tty ? { Env: ['TERM=xterm'] } : {};
      const { Id } = (await post(`/containers/${id}/exec`, { ...body, ...env })) as { Id: string };
      const start = { Detach: false, Tty: tty };
      const connection = await api.connection({ method: 'POST', path: `/exec/${Id}/start`, body: start });
      return {
        connection,
        resize: async ({ width, height }) => void (await post(`/exec/${Id}/resize?h=${height}&w=${width}`)),
        exitCode: async () => ((await get(`/exec/${Id}/json`)) as { ExitCode: number }).ExitCode,
      };
    },
    attach: async (id, { stdin }) => {
      const path = `/containers/${id}/attach?stream=true&stdout=true&stderr=true&stdin=${stdin}`;
      return {
        connection: await api.connection({ method: 'POST', path }),
        resize: async ({ width, height }) => void (await post(`/containers/${id}/resize?h=${height}&w=${width}`)),
        exitCode: () => Promise.resolve(0),
      };
    },
    usage: async (id) => {
      const path = `/containers/${id}/stats?stream=false&one-shot=true`;
      return usageOf((await get(path).catch(noneIfGone)) as StatsJson | undefined);
    },
  };
}

interface StatsJson {
  readonly cpu_stats?: { readonly cpu_usage?: { readonly total_usage?: number } };
  readonly memory_stats?: { readonly usage?: number; readonly stats?: Readonly<Record<string, number>> | null };
}

/** Memory as a kubelet counts it: without the files it could let go of. */
function usageOf(
  stats: StatsJson | undefined,
): { readonly cpuNanoseconds: number; readonly memoryBytes: number } | undefined {
  const cpuNanoseconds = stats?.cpu_stats?.cpu_usage?.total_usage;
  const { usage, stats: details } = stats?.memory_stats ?? {};
  if (cpuNanoseconds === undefined || usage === undefined) return undefined;
  const inactive = details?.['inactive_file'] ?? details?.['total_inactive_file'] ?? 0;
  return { cpuNanoseconds, memoryBytes: Math.max(0, usage - inactive) };
}

function noneIfGone(error: unknown): undefined {
  if (error instanceof EngineError && error.status === 404) return undefined;
  throw error;
}
