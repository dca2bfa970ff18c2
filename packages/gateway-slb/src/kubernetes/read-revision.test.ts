import type { Container, Revision } from '@ebb/api';
import { describe, expect, it } from 'vitest';
import { readConfig, readSettings } from './read-revision.ts';

const revision = (container: Partial<Container> = {}, more: Partial<Revision> = {}): Revision => ({
  metadata: { namespace: 'default', name: 'r' },
  spec: { containers: [{ name: 'user', ...container }] },
  ...more,
});

const common = { timeoutMs: 1000, successThreshold: 1, initialDelayMs: 0 };

describe('readConfig', () => {
  it.each([
    ['nothing', {}, { kind: 'tcp', ...common }],
    ['port 0', { readinessProbe: { tcpSocket: { port: 0 }, successThreshold: 1 } }, { kind: 'tcp', ...common }],
    [
      'HTTP on the user port',
      { ports: [{ containerPort: 9000 }], readinessProbe: { httpGet: { path: '/ok', port: 9000 } } },
      { kind: 'http', path: '/ok', scheme: 'http', headers: [], ...common },
    ],
    [
      'HTTP on another, with all it has',
      {
        readinessProbe: {
          httpGet: { path: '/ok', port: '9001', scheme: 'HTTPS', httpHeaders: [{ name: 'A', value: '1' }] },
          timeoutSeconds: 3,
          successThreshold: 2,
          initialDelaySeconds: 5,
        },
      },
      {
        kind: 'http',
        port: 9001,
        path: '/ok',
        scheme: 'https',
        headers: ['A', '1'],
        timeoutMs: 3000,
        successThreshold: 2,
        initialDelayMs: 5000,
      },
    ],
    ['a command', { readinessProbe: { exec: { command: ['x'] } } }, { kind: 'pod', ...common }],
    ['a startup probe', { startupProbe: { tcpSocket: {} } }, { kind: 'pod', ...common }],
    ['gRPC', { readinessProbe: { grpc: { port: 0 } } }, { kind: 'tcp', ...common }],
  ])('finds out who is ready from %s', (_, container, expected) => {
    const { readiness } = readConfig(revision(container));
    expect(JSON.parse(JSON.stringify(readiness))).toEqual(expected);
  });

  it('tells why a revision has failed, and only then', () => {
    const withReady = (status: 'True' | 'False' | 'Unknown'): Revision =>
      revision({}, { status: { conditions: [{ type: 'Ready', status, reason: 'ExitCode1', message: 'boom' }] } });
    expect(readConfig(withReady('False')).failure).toBe('ExitCode1: boom');
    expect(readConfig(withReady('Unknown')).failure).toBeUndefined();
    expect(readConfig(revision()).failure).toBeUndefined();
  });
});

describe('readSettings', () => {
  it('reads whether responses are to tell what they waited for', () => {
    expect(readSettings(revision()).serverTiming).toBeUndefined();
    const annotations = { 'ebb.dev/server-timing': 'true' };
    expect(readSettings({ ...revision(), metadata: { annotations } }).serverTiming).toBe(true);
  });

  it('reads how long a request may wait for a slot', () => {
    const annotations = { 'ebb.dev/queue-timeout': '1.5s' };
    expect(readSettings({ ...revision(), metadata: { annotations } }).queueMs).toBe(1500);
    expect(readSettings(revision()).queueMs).toBeUndefined();
  });

  it('reads times, in which zero and nothing mean the default or none', () => {
    const { spec } = revision({ ports: [{ name: 'h2c', containerPort: 8080 }] });
    const times = { timeoutSeconds: 10, responseStartTimeoutSeconds: 5, idleTimeoutSeconds: 0 };
    expect(readSettings({ metadata: {}, spec: { ...spec, ...times } })).toMatchObject({
      totalMs: 10_000,
      responseStartMs: 5000,
      idleMs: undefined,
      protocol: 'h2c',
    });
    expect(readSettings(revision())).toMatchObject({ totalMs: 300_000, protocol: 'http1' });
  });
});
