import { expect, it } from 'vitest';
import { describeProbe } from './describe-probe.ts';

it.each([
  [{ httpGet: { path: '/up', port: 8080 } }, 'HTTP GET /up on port 8080'],
  [{ tcpSocket: { port: 9000 } }, 'TCP connection to port 9000'],
  [{ exec: { command: ['test', '-f', 'ready'] } }, 'command "test -f ready"'],
  [{ grpc: { port: 50051 } }, 'gRPC health check on port 50051'],
])('says what is probed: %o', (probe, words) => {
  expect(describeProbe(probe)).toBe(words);
});
