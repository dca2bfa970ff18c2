import { type Pod, type PodStatus, StatusError } from '@ebb/api';
import { silentLogger } from '@ebb/base';
import { expect, it } from 'vitest';
import { stampConditions } from './conditions.ts';
import { writePod } from './write-pod.ts';

const time = '2026-01-02T03:04:05Z';
const pod: Pod = {
  metadata: { name: 'p', namespace: 'shop', uid: 'u', resourceVersion: '1' },
  spec: { containers: [] },
};
const balancer = { type: 'balancer.example/attached', status: 'True' } as const;
const ready = { type: 'Ready', status: 'False', lastTransitionTime: time } as const;

/** The API's pod, which somebody else has changed since it was read. */
const changed = (uid: string): Pod => ({
  ...pod,
  metadata: { ...pod.metadata, uid, resourceVersion: '2' },
  status: { conditions: [balancer] },
});

async function writeTo(stored: Pod): Promise<{ isNews: boolean; status: PodStatus | undefined }> {
  let status: PodStatus | undefined;
  const client = {
    patch: (_resource: object, _key: object, patch: { readonly body?: object }) => {
      const { metadata, ...rest } = patch.body as Pod;
      const { uid, resourceVersion } = stored.metadata;
      if (metadata.uid !== uid || metadata.resourceVersion !== resourceVersion)
        return Promise.reject(new StatusError('Conflict', 'the object has been modified'));
      status = rest.status;
      return Promise.resolve(stored);
    },
    get: () => Promise.resolve(stored),
  };
  const next: PodStatus = { phase: 'Running', conditions: stampConditions([ready], pod, time) };
  const context = { client: client as Parameters<typeof writePod>[0]['client'], logger: silentLogger };
  const isNews = await writePod(context, pod, { status: next });
  return { isNews, status };
}

it('keeps a condition that somebody set since the pod was read', async () => {
  const { status } = await writeTo(changed('u'));
  expect(status).toEqual({ phase: 'Running', reason: null, message: null, conditions: [ready, balancer] });
});

it('writes nothing to another pod of the same name', async () => {
  expect(await writeTo(changed('another'))).toEqual({ isNews: true, status: undefined });
});
