import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { type IncomingMessage, request } from 'node:http';
import { type Service, resources, systemNamespace } from '@ebb/api';
import { systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import type { Platform } from '@ebb/cli';
import { isReady } from '@ebb/kube';
import { type Quantiles, quantiles } from './quantiles.ts';
import { startSimulatedPlatform } from './simulated-platform.ts';

/** Cold starts measured, after some that are not. */
const rounds = 100;
const warmUp = 10;

/** Between two starts, for the first one's statuses to be written: a cold start is measured by itself. */
const restMs = 200;

interface Moments {
  created?: number;
  ready?: number;
  answered?: number;
}

/** What one cold start gives, in milliseconds. */
interface ColdStart {
  /** From sending the request to ECI's being asked for a container group. */
  readonly arrivalToCreate: number;
  /** From the instance's being able to answer to its first byte being back at the client. */
  readonly readyToAnswer: number;
}

/** Notes when the local ECI is asked for a container group. */
function watchCalls(moments: Moments): Disposable {
  const channel = 'http.server.request.start';
  const onRequest = (message: unknown): void => {
    const { headers } = (message as { request: IncomingMessage }).request;
    if (headers['x-acs-action'] === 'CreateContainerGroup') moments.created ??= systemClock.now();
  };
  subscribe(channel, onRequest);
  return { [Symbol.dispose]: () => void unsubscribe(channel, onRequest) };
}

/**
 * What Ebb adds to a cold start: a whole platform with simulated instances, and for each measured
 * request a Service that has none.
 * The way back to the client is counted in, so the figures are upper bounds.
 */
export async function coldStart(): Promise<object> {
  const moments: Moments = {};
  using _calls = watchCalls(moments);
  await using platform = await startSimulatedPlatform({ onReady: (atMs) => (moments.ready = atMs) });
  await createServices(platform);
  const starts: ColdStart[] = [];
  for (let round = 0; round < warmUp + rounds; round++) {
    await systemClock.sleep(restMs);
    const start = await oneStart(platform, moments, nameOf(round));
    if (round >= warmUp) starts.push(start);
    if (round % 10 === 0 && process.stdout.isTTY) process.stdout.write(`\rcold start ${round} of ${warmUp + rounds} …`);
  }
  const figures = {
    rounds,
    arrivalToCreateMs: quantiles(starts.map((each) => each.arrivalToCreate)),
    readyToAnswerMs: quantiles(starts.map((each) => each.readyToAnswer)),
  };
  print(figures);
  return figures;
}

const nameOf = (round: number): string => `cold-${round}`;

/** Services that are Ready without ever having had an instance: each is good for one cold start. */
async function createServices({ client }: Platform): Promise<void> {
  const key = { name: 'config-autoscaler', namespace: systemNamespace };
  const body = { data: { 'allow-zero-initial-scale': 'true' } };
  await client.patch(resources.configMaps, key, { type: 'merge', body });
  const names = Array.from({ length: warmUp + rounds }, (_, round) => nameOf(round));
  for (const name of names) {
    await eventually(() => client.create(resources.services, makeService(name)), {
      what: 'an initial scale of zero allowed',
    });
  }
  for (const name of names) {
    const ready = async (): Promise<boolean> =>
      isReady(await client.get(resources.services, { namespace: 'default', name }));
    await eventually(ready, { timeoutMs: 60_000, what: `Service ${name} ready` });
  }
}

function makeService(name: string): Service {
  const annotations = { 'autoscaling.knative.dev/initial-scale': '0' };
  const container = { name: 'user-container', image: 'dev.local/cold' };
  return {
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { template: { metadata: { annotations }, spec: { containers: [container] } } },
  };
}

async function oneStart({ gateway }: Platform, moments: Moments, name: string): Promise<ColdStart> {
  delete moments.created;
  delete moments.ready;
  const sent = systemClock.now();
  await get(gateway.port, name);
  const answered = systemClock.now();
  const { created = Number.NaN, ready = Number.NaN } = moments;
  return { arrivalToCreate: created - sent, readyToAnswer: answered - ready };
}

function get(port: number, service: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      headers: { host: `${service}.default.localhost` },
      agent: false,
    } as const;
    request(options, (response) => {
      response.resume();
      if (response.statusCode !== 200) reject(new Error(`answered ${response.statusCode}`));
      response.on('end', resolve).on('error', reject);
    })
      .on('error', reject)
      .end();
  });
}

function print({ rounds: count, ...figures }: { readonly rounds: number } & Record<string, Quantiles | number>): void {
  console.log(`\nwhat Ebb adds to a cold start, milliseconds, ${count} starts of a simulated instance\n`);
  console.log(`${''.padEnd(44)}${['p50', 'p90', 'p99', 'max'].map((head) => head.padStart(9)).join('')}`);
  const names: Record<string, string> = {
    arrivalToCreateMs: 'request sent → CreateContainerGroup',
    readyToAnswerMs: 'instance ready → answer at the client',
  };
  for (const [key, value] of Object.entries(figures)) {
    if (typeof value === 'number') continue;
    console.log(
      `${(names[key] ?? key).padEnd(44)}${[value.p50, value.p90, value.p99, value.max].map((ms) => ms.toFixed(2).padStart(9)).join('')}`,
    );
  }
}
