import type { Container } from '@ebb/api';
import { describe, expect, it } from 'vitest';
import { planProbes } from './probe-plan.ts';

const plan = (container: Partial<Container>): ReturnType<typeof planProbes> => planProbes({ name: 'c', ...container });
const kinds = (probes: object): Record<string, string> =>
  Object.fromEntries(
    Object.entries(probes).map(([name, probe]) => [name, (probe as { action: { kind: string } }).action.kind]),
  );

const http = { httpGet: { port: 80 } };
const headers = { httpGet: { port: 80, httpHeaders: [{ name: 'X', value: 'y' }] } };
const tcp = { tcpSocket: { port: 80 } };
const exec = { exec: { command: ['true'] } };
const grpc = { grpc: { port: 80 } };

describe('planProbes', () => {
  it.each([
    ['nothing', {}, {}, {}],
    [
      'what ECI can do',
      { readinessProbe: http, livenessProbe: exec },
      { readinessProbe: 'http', livenessProbe: 'exec' },
      {},
    ],
    ['gRPC', { readinessProbe: grpc, livenessProbe: grpc }, {}, { readiness: 'grpc', liveness: 'grpc' }],
    ['headers', { readinessProbe: headers, livenessProbe: tcp }, { livenessProbe: 'tcp' }, { readiness: 'http' }],
    ['a start-up', { startupProbe: http, readinessProbe: tcp }, { readinessProbe: 'tcp' }, { startup: 'http' }],
    ['a command at start-up', { startupProbe: exec }, { readinessProbe: 'exec' }, { startup: 'exec' }],
    [
      'a command at start-up and another probe later',
      { startupProbe: exec, readinessProbe: http },
      { readinessProbe: 'exec' },
      { startup: 'exec', readiness: 'http' },
    ],
    [
      'a start-up that other containers wait for',
      { restartPolicy: 'Always', startupProbe: tcp, readinessProbe: http },
      { readinessProbe: 'tcp' },
      { startup: 'tcp', readiness: 'http' },
    ],
    ['readiness that none waits for', { restartPolicy: 'Always', readinessProbe: http }, {}, { readiness: 'http' }],
    ['commands at both', { startupProbe: exec, readinessProbe: exec }, { readinessProbe: 'exec' }, { startup: 'exec' }],
  ])('parts %s between ECI and the node', (_what, probes, group, own) => {
    const parted = plan(probes);
    expect([kinds(parted.group), kinds(parted.own)]).toEqual([group, own]);
  });

  it('lets ECI look for life only once a start-up would have been given up', () => {
    const startupProbe = { ...tcp, periodSeconds: 2, failureThreshold: 30 };
    const { group } = plan({ startupProbe, livenessProbe: { ...tcp, initialDelaySeconds: 5 } });
    expect(group.livenessProbe?.initialDelaySeconds).toBe(60);
  });

  it('has Kubernetes’ defaults, and no period below a second', () => {
    expect(plan({ readinessProbe: http }).group.readinessProbe).toEqual({
      action: { kind: 'http', path: '/', port: 80, scheme: 'HTTP' },
      initialDelaySeconds: 0,
      periodSeconds: 10,
      timeoutSeconds: 1,
      successThreshold: 1,
      failureThreshold: 3,
    });
    expect(plan({ readinessProbe: { ...http, periodSeconds: 0 } }).group.readinessProbe?.periodSeconds).toBe(1);
  });
});
