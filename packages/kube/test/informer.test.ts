import { type Pod, StatusError, resources } from '@ebb/api';
import { silentLogger } from '@ebb/base';
import { FakeClock } from '@ebb/base/testing';
import { expect, onTestFinished, test } from 'vitest';
import { type Informer, createInformer } from '../src/index.ts';
import { type Script, scriptedClient } from './fake-cluster.ts';

const pod = (name: string, version: number): Pod => ({
  metadata: { namespace: 'default', name, uid: name, resourceVersion: String(version) },
  spec: { containers: [] },
});

interface World {
  readonly clock: FakeClock;
  readonly informer: Informer<Pod>;
  readonly script: Script<Pod>;
  /** `type name`, as heard. */
  readonly heard: string[];
}

/** An informer at work on a scripted server. */
async function watching(...answers: (readonly Pod[] | Error)[]): Promise<World> {
  const clock = new FakeClock();
  const start = clock.now();
  const { client, script } = scriptedClient<Pod>(() => clock.now() - start, ...answers);
  const informer = createInformer(client, resources.pods, { clock, logger: silentLogger, namespace: 'default' });
  const heard: string[] = [];
  informer.events.subscribe(({ type, object }) => heard.push(`${type} ${object.metadata.name}`));
  const stop = new AbortController();
  const done = informer.run({ signal: stop.signal });
  onTestFinished(async () => {
    stop.abort(new Error('over'));
    await done;
  });
  await clock.advance(0);
  return { clock, informer, script, heard };
}

test('takes in the list, then the watch from its version', async () => {
  const { clock, informer, script, heard } = await watching([pod('a', 1)]);
  await informer.synced;
  expect(script.watches[0]).toMatchObject({ namespace: 'default', resourceVersion: '100' });
  script.send({ type: 'ADDED', object: pod('b', 101) });
  script.send({ type: 'MODIFIED', object: pod('a', 102) });
  script.send({ type: 'DELETED', object: pod('b', 103) });
  await clock.advance(0);
  expect(heard).toEqual(['added a', 'added b', 'updated a', 'deleted b']);
  expect(informer.list()).toEqual([pod('a', 102)]);
  expect(informer.get('default', 'a')).toEqual(pod('a', 102));
});

test('resumes from the last bookmark when the server ends the watch in peace', async () => {
  const { clock, script } = await watching([]);
  await clock.advance(5000);
  script.send({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '150' } } });
  script.end();
  await clock.advance(0);
  expect(script.lists).toHaveLength(1);
  expect(script.watches.map(({ resourceVersion }) => resourceVersion)).toEqual(['100', '150']);
});

test.each([
  ['410 Gone', new StatusError('Expired', 'too old')],
  ['a lost connection', new StatusError('ServiceUnavailable', 'reset')],
])('lists again after %s, and sees what it missed', async (_, error) => {
  const { clock, script, heard } = await watching([pod('a', 1), pod('b', 2)], [pod('b', 3), pod('c', 4)]);
  script.end(error);
  await clock.advance(0);
  await clock.advance(1000);
  expect(heard).toEqual(['added a', 'added b', 'deleted a', 'updated b', 'added c']);
  expect(script.watches.at(-1)?.resourceVersion).toBe('200');
});

test('waits longer after each failure, and settles at once when aborted', async () => {
  const { clock, script } = await watching(new StatusError('ServiceUnavailable', 'down'));
  await clock.advance(10_000);
  expect(script.lists.map(({ at }) => at)).toEqual([0, 200, 600, 1400, 3000, 6200]);
});

test('does not hammer a server that ends each watch at once', async () => {
  const { clock, script } = await watching([]);
  for (let i = 0; i < 50; i++) script.end();
  await clock.advance(0);
  await clock.advance(1000);
  expect(script.watches.length).toBeLessThan(5);
});
