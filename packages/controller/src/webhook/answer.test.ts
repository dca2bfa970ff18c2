import {
  type AdmissionRequest,
  type AdmissionReviewRequest,
  type KubernetesObject,
  type Pod,
  type Service,
  StatusError,
  createAdmission,
  defaultServingConfig,
  dryRunRefusal,
  webhookNames,
} from '@ebb/api';
import fc from 'fast-check';
import { type Operation, applyPatch } from 'rfc6902';
import { describe, expect, it } from 'vitest';
import { groups } from '@ebb/api/testing';
import { elaborate, json, mutate, questionAbout } from '../../test/reviews.ts';
import { answer } from './answer.ts';
import type { WebhookPurpose } from './configurations.ts';
import { admissionRequestOf, parseReview } from './review.ts';

const admission = createAdmission(() => defaultServingConfig);
const { signal } = new AbortController();

/** An API server that knows one rule about Pods. */
function createPod(pod: Pod): Pod {
  const wrong = pod.spec.containers.find(({ name }) => !/^[a-z0-9-]{1,63}$/.test(name));
  if (wrong) throw new StatusError('Invalid', `Pod "dry-run-validation" is invalid: ${JSON.stringify(wrong.name)}`);
  return pod;
}
const client = {
  create: (_resource: unknown, object: unknown) => Promise.resolve().then(() => createPod(object as Pod)),
};
const options = { admission, client: client as never, signal };

/** What a client sees of a write: the object that is stored and the warnings, or the refusal. */
interface Outcome {
  readonly object?: unknown;
  readonly warnings?: readonly string[];
  readonly refusal?: string;
}

/** As the embedded API admits. */
function inProcess(request: AdmissionRequest): Outcome {
  try {
    const object = admission.mutate(request);
    const { warnings, dryRunPod } = admission.validate({ ...request, object });
    if (dryRunPod) tryHere(dryRunPod);
    return { object: plain(object), warnings };
  } catch (error) {
    if (error instanceof StatusError) return { refusal: error.message };
    throw error;
  }
}

function tryHere(pod: Pod): void {
  try {
    createPod(pod);
  } catch (error) {
    const refusal = dryRunRefusal(error as StatusError);
    if (refusal) throw refusal;
  }
}

/** As a real API server admits: it asks the mutating webhook, then the validating one. */
async function byWebhook(question: AdmissionReviewRequest): Promise<Outcome> {
  const isConfigMap = question.kind.kind === 'ConfigMap';
  const mutated = isConfigMap ? question.object : await ask('mutating', question);
  if (typeof mutated === 'string') return { refusal: mutated };
  const judged = await ask(isConfigMap ? 'configMaps' : 'validating', {
    ...question,
    object: mutated as KubernetesObject,
  });
  return typeof judged === 'string' ? { refusal: judged } : { object: mutated, warnings: warningsOf(judged) };
}

const lastWarnings = new WeakMap<object, readonly string[]>();
const warningsOf = (object: unknown): readonly string[] => lastWarnings.get(object as object) ?? [];

/** The object after one webhook, or what the client is told. Everything goes through JSON. */
async function ask(purpose: WebhookPurpose, question: AdmissionReviewRequest): Promise<object | string> {
  const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request: question };
  const { allowed, status, patch, warnings } = await answer(purpose, parseReview(JSON.stringify(review)), options);
  if (!allowed) return `admission webhook "${webhookNames[purpose]}" denied the request: ${status?.message}`;
  const object = plain(question.object) as object;
  if (patch !== undefined) {
    const operations = JSON.parse(Buffer.from(patch, 'base64').toString()) as Operation[];
    expect(applyPatch(object, operations).filter(Boolean)).toEqual([]);
  }
  lastWarnings.set(object, warnings ?? []);
  return object;
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('the webhook', () => {
  const junk = fc.oneof(
    json,
    fc.constantFrom<unknown>(
      null,
      undefined,
      '__proto__',
      -1,
      0,
      1e300,
      '',
      '1s',
      'Not_A_Name',
      'a1',
      [null],
      {},
      [[]],
      true,
    ),
  );
  const change = fc.record({ at: fc.array(fc.nat({ max: 12 }), { minLength: 2, maxLength: 9 }), junk });
  const object = fc
    .record({
      kind: fc.constantFrom('Service', 'Service', ...Object.keys(groups)),
      changes: fc.array(change, { maxLength: 3 }),
    })
    .map(({ kind, changes }) => {
      const changed = changes.reduce<unknown>((value, { at, junk: what }) => mutate(value, at, what), elaborate);
      return { ...(changed as KubernetesObject), kind };
    })
    .filter(({ metadata }) => typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata));

  it('says and makes what the embedded API says and makes, of whatever object', async () => {
    const question = fc.record({
      object,
      stored: fc.option(object, { nil: undefined }),
      dryRun: fc.boolean(),
      subResource: fc.constantFrom('', '', '', 'status'),
    });
    await fc.assert(
      fc.asyncProperty(question, async ({ object: written, stored, dryRun, subResource }) => {
        const asked = questionAbout(written, {
          dryRun,
          subResource,
          ...(stored ? { operation: 'UPDATE', oldObject: { ...stored, kind: written.kind } } : {}),
        });
        const request = admissionRequestOf(plain(asked) as AdmissionReviewRequest);
        expect(request).toBeDefined();
        expect(await byWebhook(plain(asked) as AdmissionReviewRequest)).toEqual(inProcess(request as AdmissionRequest));
      }),
      { numRuns: 400 },
    );
  });

  it('admits most of what the property tries, and refuses the rest', async () => {
    const outcomes = await Promise.all(
      fc
        .sample(object, { numRuns: 100, seed: 1 })
        .map((each) => byWebhook(plain(questionAbout(each)) as AdmissionReviewRequest)),
    );
    const refused = outcomes.filter(({ refusal }) => refusal !== undefined).length;
    expect(refused).toBeGreaterThan(10);
    expect(refused).toBeLessThan(90);
  });

  it('tells of warnings', async () => {
    const { warnings } = await byWebhook(questionAbout(elaborate));
    expect(warnings).toEqual([expect.stringContaining("Kubernetes' default is insecure here")]);
  });

  it('lets deletes and connections through', async () => {
    for (const operation of ['DELETE', 'CONNECT'] as const) {
      const asked = questionAbout(elaborate, { operation, object: null, oldObject: elaborate });
      expect(await answer('validating', asked, options)).toEqual({ allowed: true });
    }
  });

  it('compares with the object as stored, and defaults it before asking who changed the spec', async () => {
    const unnamed = structuredClone(elaborate) as KubernetesObject as Service;
    delete unnamed.spec.template.metadata;
    const { object: stored } = await byWebhook(questionAbout(unnamed));
    const older = structuredClone(stored) as Service;
    delete older.spec.template.spec.containers[1]!.resources;
    delete older.spec.template.spec.containers[0]!.readinessProbe!.successThreshold;
    const asked = questionAbout(stored as KubernetesObject, {
      operation: 'UPDATE',
      oldObject: older,
      userInfo: { username: 'bob' },
    });
    const { object: updated } = await byWebhook(asked);
    expect((updated as KubernetesObject).metadata.annotations).toMatchObject({
      'serving.knative.dev/lastModifier': 'ann',
    });
  });

  it('says nothing of the Pod when the API server could not be asked', async () => {
    const away = new StatusError('ServiceUnavailable', 'cannot reach the API server');
    const deaf = { ...options, client: { create: () => Promise.reject(away) } as never };
    const { object: defaulted } = await byWebhook(questionAbout(elaborate));
    const asked = questionAbout(defaulted as KubernetesObject, { dryRun: true });
    await expect(answer('validating', asked, deaf)).rejects.toBe(away);
  });
});
