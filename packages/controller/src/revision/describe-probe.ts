import type { Probe } from '@ebb/api';

/** A probe in words, for messages. */
export function describeProbe({ httpGet, tcpSocket, exec, grpc }: Probe): string {
  if (httpGet) return `HTTP GET ${httpGet.path ?? '/'} on port ${httpGet.port}`;
  if (exec) return `command ${JSON.stringify(exec.command?.join(' ') ?? '')}`;
  if (grpc) return `gRPC health check on port ${grpc.port}`;
  return `TCP connection to port ${tcpSocket?.port}`;
}
