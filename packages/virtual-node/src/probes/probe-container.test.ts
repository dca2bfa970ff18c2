import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Container } from '@ebb/api';
import { systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { planProbes } from '../pods/probe-plan.ts';
import { type ProbeEvent, type Verdict, probeContainer } from './probe-container.ts';

interface Trial {
  readonly verdicts: Verdict[];
  readonly events: ProbeEvent[];
  readonly restarts: () => number;
  /** What the app answers, and whether ECI calls it ready. */
  readonly app: { status: number; readyInGroup: boolean };
}

/** Probes a container whose app is a server of the test's. */
async function start(probes: Partial<Container>, known: Verdict = { started: false, ready: false }): Promise<Trial> {
  const app = { status: 503, readyInGroup: false };
  const server: Server = createServer((_request, response) => response.writeHead(app.status).end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const abort = new AbortController();
  const verdicts: Verdict[] = [];
  const events: ProbeEvent[] = [];
  let restarts = 0;
  const running = probeContainer(
    {
      plan: planProbes({ name: 'c', ...probes }),
      containerName: 'c',
      known,
      host: '127.0.0.1',
      portOf: () => port,
      readyInGroup: () => app.readyInGroup,
      onVerdict: (verdict) => verdicts.push(verdict),
      onEvent: (event) => events.push(event),
      onFailed: () => undefined,
      restart: () => {
        restarts += 1;
        return Promise.resolve();
      },
      clock: systemClock,
    },
    abort.signal,
  );
  onTestFinished(async () => {
    abort.abort();
    await running;
    server.close();
  });
  return { verdicts, events, restarts: () => restarts, app };
}

const headers = [{ name: 'X-Probe', value: 'yes' }];
const http = { httpGet: { port: 80, httpHeaders: headers }, periodSeconds: 1 };

describe('the probes the node makes', () => {
  it('hold readiness back until the start-up is over', async () => {
    const trial = await start({ startupProbe: http, readinessProbe: http });
    await eventually(() => expect(trial.events[0]?.message).toContain('Startup probe failed: HTTP probe failed'));
    expect(trial.verdicts).toEqual([]);
    trial.app.status = 200;
    await eventually(() => trial.verdicts.length === 2);
    expect(trial.verdicts).toEqual([
      { started: true, ready: false },
      { started: true, ready: true },
    ]);
  });

  it('restart what does not start in its time', async () => {
    const trial = await start({ startupProbe: { ...http, failureThreshold: 1 } });
    await eventually(() => trial.restarts() === 1);
    expect(trial.events.at(-1)).toMatchObject({
      reason: 'Killing',
      message: expect.stringContaining('failed startup probe'),
    });
    expect(trial.verdicts).toEqual([]);
  });

  it('restart what lives no more', async () => {
    const trial = await start({ livenessProbe: { ...http, failureThreshold: 1 } });
    await eventually(() => trial.restarts() === 1);
    expect(trial.verdicts).toEqual([
      { started: true, ready: true },
      { started: false, ready: false },
    ]);
  });

  it('take ECI’s word for a command', async () => {
    const trial = await start({ startupProbe: { exec: { command: ['test'] } } });
    trial.app.readyInGroup = true;
    await eventually(() => trial.verdicts.length === 1);
    expect(trial.verdicts).toEqual([{ started: true, ready: true }]);
  });

  it('go on from what was known, and take it back only when a probe says so', async () => {
    const probe = { ...http, failureThreshold: 1 };
    const trial = await start({ startupProbe: probe, readinessProbe: probe }, { started: true, ready: true });
    await eventually(() => trial.verdicts.length === 1);
    expect(trial.verdicts).toEqual([{ started: true, ready: false }]);
    expect(trial.restarts()).toBe(0);
  });
});
