import { type Pod, type PodStatus, keys } from '@ebb/api';
import { describe, expect, it } from 'vitest';
import { readPod, revisionKeyOf } from './read-pod.ts';

const pod = (status: PodStatus = {}, metadata: Pod['metadata'] = {}, ports = [{ containerPort: 9000 }]): Pod => ({
  metadata: { namespace: 'default', name: 'a', labels: { [keys.revision]: 'r' }, ...metadata },
  spec: { containers: [{ name: 'sidecar' }, { name: 'user', ports }] },
  status: { podIP: '10.0.0.1', phase: 'Running', ...status },
});

describe('readPod', () => {
  it('finds the address: the port really used, else the one asked for, else 8080', () => {
    const port = (of: Pod): number | undefined => readPod(of)?.address.port;
    expect(port(pod({}, { annotations: { [keys.userPort]: '31000' } }))).toBe(31_000);
    expect(port(pod())).toBe(9000);
    expect(port(pod({}, {}, []))).toBe(8080);
    expect(readPod({ ...pod(), status: { phase: 'Pending' } })).toBeUndefined();
  });

  it.each([
    ['is deleted', pod({}, { deletionTimestamp: 'x' })],
    ['is marked', pod({}, { annotations: { [keys.draining]: 'x' } })],
    ['has ended', pod({ phase: 'Failed' })],
  ])('drains when it %s', (_, draining) => {
    expect(readPod(draining)?.draining).toBe(true);
    expect(readPod(pod())?.draining).toBe(false);
  });

  it('is ready when its condition says so', () => {
    expect(readPod(pod({ conditions: [{ type: 'Ready', status: 'True' }] }))?.ready).toBe(true);
    expect(readPod(pod({ conditions: [{ type: 'Ready', status: 'False' }] }))?.ready).toBe(false);
  });

  it('belongs to the revision its label names', () => {
    expect(revisionKeyOf(pod())).toBe('default/r');
    expect(revisionKeyOf(pod({}, { labels: {} }))).toBeUndefined();
  });
});
