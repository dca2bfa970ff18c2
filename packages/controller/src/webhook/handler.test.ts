import { type Server, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type AdmissionReview, createAdmission, defaultServingConfig } from '@ebb/api';
import { silentLogger, systemClock } from '@ebb/base';
import { FakeClock } from '@ebb/base/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { elaborate, mutate, questionAbout } from '../../test/reviews.ts';
import { createHandler } from './handler.ts';

interface Answer {
  readonly status: number;
  readonly body: string;
}

interface Sent {
  readonly path?: string;
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Record<string, string>;
}

const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request: questionAbout(elaborate) };
const admission = createAdmission(() => defaultServingConfig);
const client = { create: () => Promise.reject(new Error('not here')) } as never;

describe('the webhook’s handler', () => {
  let server: Server;

  const serve = async (...options: Parameters<typeof createHandler>): Promise<Server> => {
    const started = createServer(createHandler(...options));
    await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
    return started;
  };
  beforeAll(async () => {
    server = await serve({ admission, client, clock: systemClock, logger: silentLogger });
  });
  afterAll(() => void server.close());

  const send = (to: Server, { path = '/defaulting', method = 'POST', body, headers }: Sent): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const { port } = to.address() as AddressInfo;
      const options = { host: '127.0.0.1', port, path, method, agent: false };
      const all = { 'content-type': 'application/json', ...headers };
      const sent = request({ ...options, headers: all }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
      });
      sent.on('error', reject);
      sent.end(body);
    });
  const post = (value: unknown, path = '/defaulting'): Promise<Answer> =>
    send(server, { path, body: JSON.stringify(value) });
  const asked = (more: object): unknown => ({ ...review, request: { ...review.request, ...more } });

  it('answers a review', async () => {
    const { status, body } = await post(review);
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: { uid: 'u1', allowed: true, patchType: 'JSONPatch' },
    });
  });

  it.each([
    [
      '/defaulting',
      asked({ object: { ...elaborate, spec: 5 } }),
      'mutation failed: cannot decode a number into field spec',
    ],
    ['/resource-validation', asked({ object: { ...elaborate, spec: 5 } }), 'decoding request failed: cannot decode'],
    ['/resource-validation', review, 'validation failed: '],
    [
      '/config-validation',
      asked({
        kind: { group: '', version: 'v1', kind: 'ConfigMap' },
        object: {
          metadata: { name: 'config-gc', namespace: 'knative-serving' },
          data: { 'min-non-active-revisions': 'x' },
        },
      }),
      'validation failed: min-non-active-revisions = x, must be a whole number',
    ],
  ])('refuses with the text alone: %s', async (path, value, text) => {
    const { body } = await post(value, path);
    const { response } = JSON.parse(body) as AdmissionReview;
    expect(response).toMatchObject({ allowed: false, status: { status: 'Failure', reason: 'BadRequest', code: 400 } });
    expect(response?.status?.message?.startsWith(text)).toBe(true);
  });

  it.each<[string, unknown, string]>([
    ['no JSON', undefined, 'the body is not JSON'],
    ['no object', [], 'the body is not an object'],
    [
      'another version',
      { ...review, apiVersion: 'admission.k8s.io/v1beta1' },
      'not an AdmissionReview of admission.k8s.io/v1',
    ],
    ['another kind', { ...review, kind: 'Pod' }, 'not an AdmissionReview'],
    ['no request', { ...review, request: null }, 'request is missing'],
    ['no uid', asked({ uid: undefined }), 'request.uid is not a string'],
    ['empty uid', asked({ uid: '' }), 'request.uid is empty'],
    ['no kind', asked({ kind: 5 }), 'request.kind is missing'],
    ['half a kind', asked({ kind: { kind: 'Service' } }), 'request.kind.group is not a string'],
    ['unknown operation', asked({ operation: 'PATCH' }), 'request.operation is none of CREATE, UPDATE'],
    ['no object', asked({ object: null }), 'request.object is not an object'],
    ['no metadata', asked({ object: {} }), 'request.object.metadata is not an object'],
    ['no old object', asked({ operation: 'UPDATE' }), 'request.oldObject is not an object'],
    ['odd user', asked({ userInfo: { username: 5 } }), 'request.userInfo.username is not a string'],
    ['odd dry run', asked({ dryRun: 'yes' }), 'request.dryRun is not a boolean'],
    ['odd subresource', asked({ subResource: 1 }), 'request.subResource is not a string'],
  ])('does not take a malformed review: %s', async (_, value, text) => {
    const { status, body } = await post(value);
    expect(status).toBe(400);
    expect(body).toContain(text);
  });

  it.each<[string, Sent, number]>([
    ['another path', { path: '/other' }, 404],
    ['another method', { method: 'GET' }, 405],
    ['another type', { headers: { 'content-type': 'text/plain' } }, 415],
    ['a body said to be too large', { headers: { 'content-length': '99999999' } }, 413],
    [
      'a body that is too large',
      { body: 'x'.repeat(7 * 1024 * 1024 + 1), headers: { 'transfer-encoding': 'chunked' } },
      413,
    ],
  ])('says what is wrong with %s', async (_, sent, status) => {
    // A client that goes on sending may meet the end of the connection before the answer.
    const cut = new Set(['EPIPE', 'ECONNRESET']);
    const { status: answered } = await send(server, sent).catch((error: NodeJS.ErrnoException) => ({
      status: cut.has(error.code ?? '') ? 413 : error.code,
    }));
    expect(answered).toBe(status);
    expect((await post(review)).status).toBe(200);
  });

  it('tells that it lives', async () => {
    for (const path of ['/healthz', '/readyz'])
      expect(await send(server, { path, method: 'GET' })).toEqual({ status: 200, body: 'ok' });
  });

  it('answers whatever it is sent, and goes on', async () => {
    const path = fc.constantFrom('/defaulting', '/resource-validation', '/config-validation');
    const hostile = fc.oneof(
      fc
        .record({ steps: fc.array(fc.nat({ max: 9 }), { maxLength: 9 }), junk: fc.jsonValue() })
        .map(({ steps: at, junk }) => mutate(review, at, junk)),
      fc.jsonValue(),
    );
    await fc.assert(
      fc.asyncProperty(path, hostile, async (to, value) => {
        const { status, body } = await post(value, to);
        const answered = status === 200 && (JSON.parse(body) as AdmissionReview).response !== undefined;
        expect(answered || status === 400).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('gives up on an API server that does not say what it thinks of a Pod', async () => {
    const clock = new FakeClock();
    let waiting = (): void => {};
    const called = new Promise<void>((resolve) => (waiting = resolve));
    const silent = {
      create: (_: unknown, __: unknown, { signal }: { signal: AbortSignal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
          waiting();
        }),
    } as never;
    const slow = await serve({ admission, client: silent, clock, logger: silentLogger });
    const { object } = questionAbout(elaborate);
    const mutated = admission.mutate({
      operation: 'CREATE',
      group: 'serving.knative.dev',
      version: 'v1',
      kind: 'Service',
      subresource: '',
      object: object ?? elaborate,
      userName: 'ann',
      dryRun: true,
    });
    const body = JSON.stringify(asked({ object: mutated, dryRun: true }));
    const answered = send(slow, { path: '/resource-validation', body });
    await called;
    await clock.advance(10_000);
    expect(await answered).toEqual({ status: 504, body: 'no answer in time' });
    slow.close();
  });
});
