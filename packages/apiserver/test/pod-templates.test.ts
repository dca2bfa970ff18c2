import { type Pod, StatusError, resources } from '@ebb/api';
import { describe, expect, it } from 'vitest';
import { createTestApi } from '../src/testing.ts';
import { type Body, rawClient } from './raw-client.ts';

const namespace = 'default';
const path = `/api/v1/namespaces/${namespace}`;

function makePod(name: string, container: object = {}): Pod {
  const labels = { app: 'hello', 'serving.knative.dev/revision': 'hello-00001' };
  const web = {
    name: 'web',
    image: 'dev.local/hello',
    env: [{ name: 'HOST', valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } }],
    ports: [{ containerPort: 8080 }],
    readinessProbe: { httpGet: { port: 8080 } },
    resources: { limits: { cpu: '0.5', memory: '1024Mi' } },
    ...container,
  };
  const spec = { nodeName: 'node', containers: [web], volumes: [{ name: 'scratch' }] };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace, labels }, spec } as Pod;
}

/** A pod but for what is its own. */
function template({ metadata, ...pod }: Pod | Body): object {
  const { name: _name, uid: _uid, resourceVersion: _version, creationTimestamp: _created, ...others } = metadata;
  return {
    ...pod,
    metadata: { ...others, managedFields: metadata.managedFields?.map((each) => ({ ...each, time: '' })) },
  };
}

describe('pods of one template, created in the process of the server', () => {
  it('are what they would be had they come over HTTP, and share what they have in common', async () => {
    await using api = await createTestApi();
    await using http = rawClient(api);
    await using client = api.connect({ fieldManager: 'tester' });
    const [first, second] = [
      await client.create(resources.pods, makePod('first')),
      await client.create(resources.pods, makePod('second')),
    ];
    const { body: sent } = await http.call('POST', `${path}/pods?fieldManager=tester`, makePod('sent'));
    expect(template(first)).toEqual(template(sent));
    expect(template(second)).toEqual(template(sent));
    expect(second.spec).toBe(first.spec);
    expect(second.metadata.labels).toBe(first.metadata.labels);

    // What changes one of them leaves the others as they are.
    const patch = {
      type: 'merge',
      body: { metadata: { labels: { app: null } }, spec: { activeDeadlineSeconds: 5 } },
    } as const;
    const changed = await client.patch(resources.pods, { namespace, name: 'first' }, patch);
    expect(changed.metadata.labels).not.toHaveProperty('app');
    expect(template(await client.create(resources.pods, makePod('third')))).toEqual(template(sent));
  });

  it('are refused in the same words, each time', async () => {
    await using api = await createTestApi();
    await using http = rawClient(api);
    await using client = api.connect({ fieldManager: 'tester' });
    for (const container of [{ image: '' }, { ports: 'none' }, { imagePullPolicy: 'Perhaps' }]) {
      const { body } = await http.call('POST', `${path}/pods`, makePod('bad', container));
      for (let attempt = 0; attempt < 2; attempt += 1) {
        const refusal: unknown = await client
          .create(resources.pods, makePod('bad', container))
          .catch((error: unknown) => error);
        expect(refusal).toBeInstanceOf(StatusError);
        expect((refusal as StatusError).message).toBe(body.message);
      }
    }
  });

  it('get the defaults of a LimitRange that came meanwhile', async () => {
    await using api = await createTestApi();
    await using http = rawClient(api);
    await using client = api.connect({ fieldManager: 'tester' });
    const bare = (name: string): Pod => makePod(name, { resources: {} });
    const cpuOf = ({ spec }: Pod): unknown => spec.containers[0]?.resources?.limits?.['cpu'];
    expect(cpuOf(await client.create(resources.pods, bare('before')))).toBeUndefined();
    const range = { metadata: { name: 'range' }, spec: { limits: [{ type: 'Container', default: { cpu: '250m' } }] } };
    await http.call('POST', `${path}/limitranges`, range);
    expect(cpuOf(await client.create(resources.pods, bare('within')))).toBe('250m');
    await http.call('DELETE', `${path}/limitranges/range`);
    expect(cpuOf(await client.create(resources.pods, bare('after')))).toBeUndefined();
  });
});
