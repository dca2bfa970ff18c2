import type { Container, Probe } from '../core.ts';
import { hasHandler } from '../pod/serving-container.ts';

/**
 * A container with its probes completed (serving-api.md, section 6). Port 0 is the user port; a readiness probe without a period
 * is run as often as makes sense.
 */
export function defaultProbes(container: Container, { serving }: { readonly serving: boolean }): Container {
  const { readinessProbe, livenessProbe, startupProbe } = container;
  const readiness = serving ? withHandler(readinessProbe) : readinessProbe;
  return {
    ...container,
    ...(readiness && { readinessProbe: withThresholds(withPorts(readiness)) }),
    ...(livenessProbe && { livenessProbe: withPorts(livenessProbe) }),
    ...(startupProbe && { startupProbe: withPorts(startupProbe) }),
  };
}

function withHandler(probe: Probe = {}): Probe {
  return hasHandler(probe) ? probe : { ...probe, tcpSocket: { port: 0 } };
}

/** Kubernetes always writes these fields, also where the user did not. */
function withPorts(probe: Probe): Probe {
  const { httpGet, tcpSocket, grpc } = probe;
  return {
    ...probe,
    ...(httpGet && { httpGet: { ...httpGet, port: httpGet.port ?? 0 } }),
    ...(tcpSocket && { tcpSocket: { ...tcpSocket, port: tcpSocket.port ?? 0 } }),
    ...(grpc && { grpc: { ...grpc, port: grpc.port ?? 0, service: grpc.service ?? '' } }),
  };
}

function withThresholds(probe: Probe): Probe {
  const periodic = (probe.periodSeconds ?? 0) !== 0;
  return {
    ...probe,
    successThreshold: probe.successThreshold || 1,
    ...(periodic && { failureThreshold: probe.failureThreshold || 3, timeoutSeconds: probe.timeoutSeconds || 1 }),
  };
}
