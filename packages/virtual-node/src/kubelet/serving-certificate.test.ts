import { type KubeClient, type KubernetesObject, StatusError } from '@ebb/api';
import { silentLogger } from '@ebb/base';
import { FakeClock, eventually } from '@ebb/base/testing';
import { afterAll, expect, it } from 'vitest';
import { keepServingCertificate } from './serving-certificate.ts';

/** What the cluster says of each request in turn, again and again. */
type Answers = readonly (object | 'gone')[];

const stop = new AbortController();
afterAll(() => stop.abort());

function begin(answers: Answers): { readonly clock: FakeClock; readonly asked: readonly KubernetesObject[] } {
  const clock = new FakeClock(0);
  const asked: KubernetesObject[] = [];
  const client = {
    create: (_resource: object, object: KubernetesObject) => {
      asked.push(object);
      return Promise.resolve({ metadata: { name: `csr-${asked.length}` } });
    },
    get: () => {
      const answer = answers[asked.length - 1] ?? {};
      if (answer === 'gone') return Promise.reject(new StatusError('NotFound', 'gone'));
      return Promise.resolve({ metadata: {}, status: answer });
    },
  } as unknown as KubeClient;
  const onSigned = (): void => expect.unreachable();
  const options = { client, nodeName: 'n', address: '10.0.0.1', onSigned, clock, logger: silentLogger };
  void keepServingCertificate(options, stop.signal); // never rejects
  return { clock, asked };
}

it('asks for a certificate of its node, and again when the request was cleared away unanswered', async () => {
  const { asked } = begin(['gone']);
  await eventually(() => asked.length === 2);
  expect(asked[0]).toMatchObject({
    kind: 'CertificateSigningRequest',
    spec: { signerName: 'kubernetes.io/kubelet-serving', usages: ['digital signature', 'server auth'] },
  });
});

it('asks again an hour after it was denied', async () => {
  const { asked, clock } = begin([{ conditions: [{ type: 'Denied', reason: 'Policy' }] }]);
  await eventually(() => asked.length === 1);
  await eventually(async () => {
    await clock.advance(3_600_000);
    return asked.length > 1;
  });
  expect(asked).toHaveLength(2);
});
