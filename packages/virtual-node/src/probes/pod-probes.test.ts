import type { Pod } from '@ebb/api';
import { silentLogger } from '@ebb/base';
import { FakeClock } from '@ebb/base/testing';
import { expect, it, onTestFinished } from 'vitest';
import type { ContainerGroup } from '../eci/eci.ts';
import { PodProbes } from './pod-probes.ts';

const pod: Pod = {
  metadata: { namespace: 'shop', name: 'p', uid: 'u' },
  spec: {
    containers: [{ name: 'c', startupProbe: { exec: { command: ['test'] }, periodSeconds: 1, failureThreshold: 1 } }],
  },
};

const group = (restartCount: number): ContainerGroup =>
  ({
    containerGroupId: 'eci-1',
    status: 'Running',
    containers: [{ name: 'c', restartCount, ready: false, currentState: { state: 'Running' } }],
  }) as ContainerGroup;

it('fails a pod that restarts nothing', async () => {
  const clock = new FakeClock(0);
  const changed: string[] = [];
  const killings: string[] = [];
  const probes = new PodProbes({
    eci: { restart: () => Promise.reject(new Error('nothing is to be restarted')) },
    clock,
    logger: silentLogger,
    onChange: (uid) => void changed.push(uid),
    onEvent: (_pod, { reason, message }) => void (reason === 'Killing' && killings.push(message)),
  });
  onTestFinished(() => probes.stop());
  const once: Pod = { ...pod, spec: { ...pod.spec, restartPolicy: 'Never' } };
  probes.update(once, group(0));
  expect(probes.failure(once)).toBeUndefined();
  await clock.advance(1000);
  expect(probes.failure(once)).toBe('Container c failed startup probe');
  expect([changed, killings]).toEqual([['u'], ['Container c failed startup probe']]);
  probes.forget('u');
  expect(probes.failure(once)).toBeUndefined();
});

it('restarts what does not start later and later, and asks again where ECI would not', async () => {
  const clock = new FakeClock(0);
  const asked: number[] = [];
  const backOffs: string[] = [];
  const probes = new PodProbes({
    eci: {
      restart: () => {
        asked.push(clock.now() / 1000);
        return asked.length === 2 ? Promise.reject(new Error('Throttling')) : Promise.resolve();
      },
    },
    clock,
    logger: silentLogger,
    onChange: () => undefined,
    onEvent: (_pod, { reason, message }) => void (reason === 'BackOff' && backOffs.push(message)),
  });
  onTestFinished(() => probes.stop());
  for (const [run, seconds] of [1, 31, 41].entries()) {
    probes.update(pod, group(run));
    await clock.advance(seconds * 1000);
  }
  // At once; 10 s after the second failure, refused, and 20 s after that; 40 s after the third.
  expect(asked).toEqual([1, 12, 32, 73]);
  expect(backOffs).toHaveLength(3);
  expect(backOffs[0]).toBe('Back-off restarting failed container c in pod p_shop(u)');
});
