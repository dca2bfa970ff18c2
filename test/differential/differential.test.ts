import { createTestApi } from '@ebb/apiserver/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { accessOf, type Client, connect } from './client.ts';
import { compareAnswers, describeDifference } from './compare.ts';
import { differences, isOnPurpose } from './differences.ts';
import { readRecording, recordingPath, writeRecording } from './recording.ts';
import { tell } from './run.ts';
import { stories } from './stories/index.ts';

const server = process.env['EBB_TEST_API'];
/** Stories wait for watches to end, and for controllers. */
const storyMs = 120_000;

/** Each server is told the same stories; what the real one answers is kept in `recorded/`, see README.md. */
describe.skipIf(server !== 'cluster')('kube-apiserver', () => {
  let client: Client;
  beforeAll(() => {
    client = connect(accessOf(inject('cluster').kubeconfig));
  });
  afterAll(async () => client?.[Symbol.asyncDispose]());

  it.concurrent.for(stories)('answers as recorded: $name', { timeout: storyMs }, async (story, { expect, skip }) => {
    skip(!inject('cluster').ours, 'the recording is of the version that go.mod pins');
    const answers = await tell({ client, hasControllers: true }, story);
    await expect(writeRecording(answers)).toMatchFileSnapshot(recordingPath(story.name));
  });
});

describe.skipIf(server === 'cluster')('the embedded API', () => {
  let api: Awaited<ReturnType<typeof createTestApi>>;
  let client: Client;
  const used = new Set<unknown>();
  beforeAll(async () => {
    api = await createTestApi();
    client = connect({ url: api.url, ca: api.caCertificate, token: api.token });
  });
  afterAll(async () => {
    await client?.[Symbol.asyncDispose]();
    await api?.[Symbol.asyncDispose]();
  });

  it.concurrent.for(stories)(
    'answers as kube-apiserver does: $name',
    { timeout: storyMs },
    async (story, { expect }) => {
      const answers = await tell({ client, hasControllers: false }, story);
      const found = compareAnswers(story.name, await readRecording(story.name), answers);
      const unwanted = found.filter((each) => {
        const why = isOnPurpose(each);
        used.add(why);
        return why === undefined;
      });
      expect(unwanted.map(describeDifference).join('\n')).toBe('');
    },
  );

  it('has no difference on its list that is none any more', () => {
    expect(differences.filter((each) => !used.has(each))).toEqual([]);
  });
});
