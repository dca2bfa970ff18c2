import { type Node, type Pod, resources } from '@ebb/api';
import { systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import type { KubeClient } from '@ebb/kube';
import { type Quantiles, quantiles } from '../quantiles.ts';
import { startSimulatedPlatform } from '../simulated-platform.ts';
import { watchPods } from './watch-pods.ts';

const namespace = 'default';
/** What is not Ready this long after the last arrival never will be in time. */
const patienceMs = 20_000;
const warmUp = 200;

/** What became of cold starts that came at one rate. */
export interface RateResult {
  readonly perSecond: number;
  /** That were Ready in the end, a second of the run. */
  readonly reachedPerSecond: number;
  readonly lost: number;
  /** From a pod's being asked for to its being seen Ready, milliseconds; the instances take no time, so this is Ebb's own share. */
  readonly share: Quantiles;
  readonly cpuMsPerStart: number;
}

/**
 * Cold starts at a rate, for so many seconds, come what may: each a pod bound to the node, which is asked for, becomes Ready, and is
 * deleted again.
 */
export async function coldStartsAt(perSecond: number, seconds: number): Promise<RateResult> {
  await using platform = await startSimulatedPlatform({ serve: false, instanceMs: 0 });
  await using client = platform.connect('bench');
  await using watch = await watchPods(client, namespace);
  const nodeName = await nodeOf(client);
  const asked = new Map<string, number>();
  const shares: number[] = [];
  let failures = 0;
  watch.onReady = ({ metadata: { name = '' } }) => {
    const askedMs = asked.get(name);
    asked.delete(name);
    if (askedMs !== undefined) shares.push(systemClock.now() - askedMs);
    client.delete(resources.pods, { namespace, name }, { gracePeriodSeconds: 0 }).then(
      () => watch.forget(name),
      () => watch.forget(name),
    );
  };
  const start = (name: string): void => {
    asked.set(name, systemClock.now());
    client.create(resources.pods, makePod(name, nodeName)).catch(() => {
      failures += 1;
      asked.delete(name);
    });
  };
  for (let index = 0; index < warmUp; index += 1) start(`warm-${index}`);
  await eventually(() => shares.length >= warmUp, { what: 'warm', timeoutMs: 60_000 });
  shares.length = 0;

  const cpuBefore = process.cpuUsage();
  const beganMs = systemClock.now();
  const total = perSecond * seconds;
  for (let sent = 0; sent < total;) {
    const due = Math.min(total, Math.floor(((systemClock.now() - beganMs) / 1000) * perSecond));
    for (; sent < due; sent += 1) start(`cold-${sent}`);
    await systemClock.sleep(2);
  }
  await eventually(() => shares.length + failures >= total, { what: 'all', timeoutMs: patienceMs }).catch(() => {});
  const tookMs = systemClock.now() - beganMs;
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    perSecond,
    reachedPerSecond: Math.round((shares.length / tookMs) * 1000),
    lost: total - shares.length,
    share: quantiles(shares),
    cpuMsPerStart: (user + system) / 1000 / Math.max(1, shares.length),
  };
}

async function nodeOf(client: KubeClient): Promise<string> {
  const { items } = await client.list(resources.nodes, { labelSelector: 'type=virtual-kubelet' });
  const [node]: readonly (Node | undefined)[] = items;
  return node?.metadata.name ?? '';
}

function makePod(name: string, nodeName: string): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: { nodeName, containers: [{ name: 'c', image: 'dev.local/cold' }], automountServiceAccountToken: false },
  } as Pod;
}
