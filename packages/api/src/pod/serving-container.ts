import type { Container, Probe } from '../core.ts';
import type { RevisionSpec } from '../serving.ts';

/** The port of a container that names none (serving-api.md, section 7.3). */
const defaultPort = 8080;

/** The container that gets the requests: the only one, or the one with `ports` (serving-api.md, section 7.2). */
export function servingContainer({ containers }: Pick<RevisionSpec, 'containers'>): Container | undefined {
  return containers.length === 1
    ? containers[0]
    : containers.find(({ ports }) => ports !== undefined && ports.length > 0);
}

/** The port the serving container listens on. */
export function userPortOf(spec: Pick<RevisionSpec, 'containers'>): number {
  return servingContainer(spec)?.ports?.[0]?.containerPort || defaultPort;
}

/** What the serving container speaks: HTTP/2 without TLS if its port is named `h2c`, else HTTP/1.1 (serving-api.md, section 7.3). */
export function protocolOf(spec: Pick<RevisionSpec, 'containers'>): 'http1' | 'h2c' {
  return servingContainer(spec)?.ports?.[0]?.name === 'h2c' ? 'h2c' : 'http1';
}

/** The probe that says whether an instance may get requests; a connection to the user port where the manifest has none. */
export function readinessProbeOf(spec: Pick<RevisionSpec, 'containers'>): Probe {
  const port = userPortOf(spec);
  const probe = servingContainer(spec)?.readinessProbe ?? {};
  return hasHandler(probe) ? withPort(probe, port) : { ...probe, tcpSocket: { port } };
}

/** Whether the probe says what to do. */
export function hasHandler({ httpGet, tcpSocket, exec, grpc }: Probe): boolean {
  return [httpGet, tcpSocket, exec, grpc].some((handler) => handler !== undefined);
}

/**
 * The probe as a kubelet takes it. Its port is a number: a name, 0 or none means the user port. Its scheme is in capitals: Knative
 * takes any, since its own probes are not the kubelet's.
 */
export function withPort(probe: Probe, userPort: number): Probe {
  const resolve = (port: number | string | undefined): number =>
    typeof port === 'number' && port > 0 ? port : userPort;
  const { httpGet, tcpSocket, grpc } = probe;
  return {
    ...probe,
    ...(httpGet ? { httpGet: { ...httpGet, ...inCapitals(httpGet), port: resolve(httpGet.port) } } : {}),
    ...(tcpSocket ? { tcpSocket: { ...tcpSocket, port: resolve(tcpSocket.port) } } : {}),
    ...(grpc ? { grpc: { ...grpc, port: resolve(grpc.port) } } : {}),
  };
}

function inCapitals({ scheme }: NonNullable<Probe['httpGet']>): { scheme?: string } {
  return scheme ? { scheme: scheme.toUpperCase() } : {};
}
