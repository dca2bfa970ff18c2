import type { Container, PodSpec } from '@ebb/api';
import type { CreateGroup } from '../eci/eci.ts';
import { namedPort } from './probe-plan.ts';
import { partContainers } from './sidecars.ts';

type GroupContainer = NonNullable<CreateGroup['container']>[number];

interface Handler {
  readonly exec?: { readonly command?: string[] };
  readonly httpGet?: {
    readonly host?: string;
    readonly path?: string;
    readonly port: number | string;
    readonly scheme?: string;
    readonly httpHeaders?: { name: string; value: string }[];
  };
  readonly tcpSocket?: { readonly host?: string; readonly port: number | string };
  readonly sleep?: { readonly seconds: number };
}

interface Lifecycle {
  readonly postStart?: Handler;
  readonly preStop?: Handler;
}

/** A container's hooks after its start and before its stop, as fields of its group. */
export function lifecycleFields(container: Container): Partial<GroupContainer> {
  const { postStart, preStop } = lifecycleOf(container);
  return { ...hook('PostStart', postStart, container), ...hook('PreStop', preStop, container) };
}

/**
 * How long the end of a pod is put off, in seconds: ECI has no hook that sleeps, so its group is deleted so much later. Where
 * several containers want it, the longest counts for all.
 */
export function sleepBeforeStop(spec: PodSpec): number {
  return Math.max(
    0,
    ...partContainers(spec).together.map((container) => lifecycleOf(container).preStop?.sleep?.seconds ?? 0),
  );
}

function lifecycleOf(container: Container): Lifecycle {
  return (container as { readonly lifecycle?: Lifecycle }).lifecycle ?? {};
}

function hook(
  moment: 'PostStart' | 'PreStop',
  handler: Handler | undefined,
  container: Container,
): Partial<GroupContainer> {
  const prefix = `lifecycle${moment}Handler` as const;
  const { exec, httpGet, tcpSocket } = handler ?? {};
  if (exec) return { [`${prefix}Exec`]: exec.command ?? [] };
  if (httpGet) {
    return {
      ...(httpGet.host ? { [`${prefix}HttpGetHost`]: httpGet.host } : {}),
      ...(httpGet.httpHeaders ? { [`${prefix}HttpGetHttpHeader`]: httpGet.httpHeaders } : {}),
      [`${prefix}HttpGetPath`]: httpGet.path ?? '/',
      [`${prefix}HttpGetPort`]: namedPort(httpGet.port, container),
      [`${prefix}HttpGetScheme`]: httpGet.scheme ?? 'HTTP',
    };
  }
  if (!tcpSocket) return {};
  return {
    ...(tcpSocket.host ? { [`${prefix}TcpSocketHost`]: tcpSocket.host } : {}),
    [`${prefix}TcpSocketPort`]: namedPort(tcpSocket.port, container),
  };
}
