import type { Readiness, RevisionConfig } from '@ebb/activator';
import { type Container, type Probe, type Revision, keys, parseGoDuration } from '@ebb/api';
import type { RevisionSettings } from '../http/data-plane.ts';

/** Knative's own default, used where admission has not filled it in (data-path.md, section 8.1). */
const defaultTimeoutSeconds = 300;

/** What a request to a revision we have not heard of yet is held to. */
export const defaultSettings: RevisionSettings = {
  totalMs: defaultTimeoutSeconds * 1000,
  responseStartMs: undefined,
  idleMs: undefined,
  protocol: 'http1',
};

/** How requests to a revision are sent, and how long they may take. */
export function readSettings({ metadata, spec }: Revision): RevisionSettings {
  const port = servingContainer(spec.containers)?.ports?.[0];
  const { annotations = {} } = metadata;
  return {
    totalMs: (spec.timeoutSeconds || defaultTimeoutSeconds) * 1000,
    responseStartMs: spec.responseStartTimeoutSeconds ? spec.responseStartTimeoutSeconds * 1000 : undefined,
    idleMs: spec.idleTimeoutSeconds ? spec.idleTimeoutSeconds * 1000 : undefined,
    protocol: port?.name === 'h2c' ? 'h2c' : 'http1',
    // Anything else than a duration is refused at admission.
    queueMs: parseGoDuration(annotations[keys.queueTimeout] ?? ''),
    ...(annotations[keys.serverTiming] === 'true' ? { serverTiming: true } : {}),
  };
}

/** What the activator must know of a revision. */
export function readConfig(revision: Revision): RevisionConfig {
  const { spec, status } = revision;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const failed = ready?.status === 'False';
  return {
    containerConcurrency: spec.containerConcurrency ?? 0,
    readiness: readReadiness(spec.containers),
    ...(failed ? { failure: failureText(ready) } : {}),
  };
}

/** The container that takes the requests: the one with a port, or the first (serving-api.md, section 7.3). */
export function servingContainer(containers: readonly Container[]): Container | undefined {
  return containers.find(({ ports }) => ports && ports.length > 0) ?? containers[0];
}

function failureText({ reason, message }: { readonly reason?: string; readonly message?: string }): string {
  const text = [reason, message].filter(Boolean).join(': ');
  return text === '' ? 'the revision has failed' : text;
}

function readReadiness(containers: readonly Container[]): Readiness {
  const container = servingContainer(containers);
  const http2 = container?.ports?.[0]?.name === 'h2c' ? { http2: true } : {};
  const probe = container?.readinessProbe ?? {};
  const common = {
    timeoutMs: Math.max(1, probe.timeoutSeconds ?? 1) * 1000,
    successThreshold: Math.max(1, probe.successThreshold ?? 1),
    initialDelayMs: (probe.initialDelaySeconds ?? 0) * 1000,
    ...http2,
  };
  // A startup probe comes first, and what a container runs cannot be run from here: only the Pod's condition tells.
  const onlyPodKnows = containers.some(({ readinessProbe, startupProbe }) => readinessProbe?.exec ?? startupProbe);
  if (onlyPodKnows) return { kind: 'pod', ...common };
  const userPort = container?.ports?.[0]?.containerPort ?? 8080;
  const port = otherPort(probe, userPort);
  if (!probe.httpGet) return { kind: 'tcp', port, ...common };
  const { path, scheme, httpHeaders = [] } = probe.httpGet;
  const headers = httpHeaders.flatMap(({ name, value }) => [name, value]);
  return { kind: 'http', port, path, scheme: scheme?.toUpperCase() === 'HTTPS' ? 'https' : 'http', headers, ...common };
}

/** The probe's port where it is not the one that serves. */
function otherPort({ httpGet, tcpSocket, grpc }: Probe, userPort: number): number | undefined {
  const port = Number(httpGet?.port ?? tcpSocket?.port ?? grpc?.port ?? 0);
  return port > 0 && port !== userPort ? port : undefined;
}
