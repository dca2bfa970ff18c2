import type { ProbeAction, ProbeSpec } from '@ebb/base/probe';
import type { Container, Probe } from '@ebb/api';
import { isSidecar } from './sidecars.ts';

/** Who makes which of a container's checks. */
export interface ProbePlan {
  /** ECI makes these. */
  readonly group: { readonly livenessProbe?: ProbeSpec; readonly readinessProbe?: ProbeSpec };
  /** The node makes these: ECI has no startup probes, no gRPC, no headers (serverless-node.md, section 2.2). */
  readonly own: { readonly startup?: ProbeSpec; readonly liveness?: ProbeSpec; readonly readiness?: ProbeSpec };
  /** True if what ECI calls ready is a readiness probe's word, or there is none to ask; false if it stands for the start-up. */
  readonly readyByGroup: boolean;
}

/**
 * Parts a container's probes between ECI and the node. ECI knows nothing of a start-up, so a liveness probe it makes begins
 * once the startup probe would have given up; one that the node makes waits for the start-up itself. Commands only ECI can run:
 * one of a start-up is its readiness probe there, and the node makes the readiness probe, unless that is a command too. So it is
 * with all start-ups of sidecars: ECI starts what comes after a container once that is ready, Kubernetes once it has started.
 */
export function planProbes(container: Container): ProbePlan {
  const startup = probeSpec(container.startupProbe, container);
  const liveness = probeSpec(container.livenessProbe, container);
  const readiness = probeSpec(container.readinessProbe, container);
  const beside = isSidecar(container);
  const startsInGroup =
    startup !== undefined && !isCommand(readiness) && (isCommand(startup) || (beside && isForGroup(startup.action)));
  const readyInGroup =
    readiness !== undefined && (isCommand(readiness) || (!beside && isForGroup(readiness.action)))
      ? readiness
      : undefined;
  const groupReadiness = startsInGroup ? startup : readyInGroup;
  const startupSeconds = startup ? startup.initialDelaySeconds + startup.periodSeconds * startup.failureThreshold : 0;
  const late = liveness && {
    ...liveness,
    initialDelaySeconds: Math.max(liveness.initialDelaySeconds, startupSeconds),
  };
  return {
    group: {
      ...(late && isForGroup(late.action) ? { livenessProbe: late } : {}),
      ...(groupReadiness ? { readinessProbe: groupReadiness } : {}),
    },
    own: {
      ...(startup ? { startup } : {}),
      ...(liveness && !isForGroup(liveness.action) ? { liveness } : {}),
      ...(readiness && readiness !== groupReadiness ? { readiness } : {}),
    },
    readyByGroup: !startsInGroup,
  };
}

/** True if the node makes any of them. */
export function hasOwnProbes({ own }: ProbePlan): boolean {
  return Object.keys(own).length > 0;
}

function isCommand(probe: ProbeSpec | undefined): boolean {
  return probe?.action.kind === 'exec';
}

function isForGroup(action: ProbeAction): boolean {
  return action.kind === 'http' ? !action.headers?.length : action.kind !== 'grpc';
}

/** With Kubernetes' defaults, in whole seconds: Knative's period of 0 is a second here. */
function probeSpec(probe: Probe | undefined, container: Container): ProbeSpec | undefined {
  const action = probe && probeAction(probe, container);
  if (!action) return undefined;
  const { initialDelaySeconds = 0, periodSeconds, timeoutSeconds, successThreshold, failureThreshold } = probe;
  return {
    action,
    initialDelaySeconds,
    periodSeconds: Math.max(1, periodSeconds ?? 10),
    timeoutSeconds: Math.max(1, timeoutSeconds ?? 1),
    successThreshold: Math.max(1, successThreshold ?? 1),
    failureThreshold: Math.max(1, failureThreshold ?? 3),
  };
}

function probeAction({ httpGet, tcpSocket, exec, grpc }: Probe, container: Container): ProbeAction | undefined {
  if (exec) return { kind: 'exec', command: exec.command ?? [] };
  const port = namedPort(httpGet?.port ?? tcpSocket?.port ?? grpc?.port, container);
  if (port === undefined) return undefined;
  if (grpc) return { kind: 'grpc', port, ...(grpc.service ? { service: grpc.service } : {}) };
  if (tcpSocket) return { kind: 'tcp', port };
  if (!httpGet) return undefined;
  const { path, scheme, httpHeaders: headers = [] } = httpGet;
  return {
    kind: 'http',
    path: path || '/',
    port,
    scheme: scheme === 'HTTPS' ? 'HTTPS' : 'HTTP',
    ...(headers.length > 0 ? { headers } : {}),
  };
}

/** A port by number or by name; without either, the container's first. */
export function namedPort(port: number | string | undefined, { ports = [] }: Container): number | undefined {
  const named = ports.find(({ name }) => name === port);
  return named?.containerPort ?? (Number(port) || ports[0]?.containerPort);
}
