import {
  type Admission,
  AdmissionRefusal,
  type AdmissionReviewRequest,
  type AdmissionReviewResponse,
  type Pod,
  StatusError,
  dryRunRefusal,
  resources,
} from '@ebb/api';
import type { KubeClient } from '@ebb/kube';
import type { WebhookPurpose } from './configurations.ts';
import { patchBetween } from './patch.ts';
import { admissionRequestOf } from './review.ts';

export interface AnswerOptions {
  readonly admission: Admission;
  /** Where a dry run tries out its Pod. */
  readonly client: Pick<KubeClient, 'create'>;
}

type Answer = Omit<AdmissionReviewResponse, 'uid'>;

const allowed: Answer = { allowed: true };

/** What to answer an API server that asks about one write. Rejects when a dry run's Pod could not be asked about. */
export async function answer(
  purpose: WebhookPurpose,
  question: AdmissionReviewRequest,
  { admission, client, signal }: AnswerOptions & { readonly signal: AbortSignal },
): Promise<Answer> {
  const request = admissionRequestOf(question);
  if (!request) return allowed;
  try {
    if (purpose === 'mutating') return patched(request.object, admission.mutate(request));
    const { warnings, dryRunPod } = admission.validate(request);
    if (dryRunPod) await tryPod(dryRunPod, client, signal);
    return warnings.length === 0 ? allowed : { allowed: true, warnings: [...warnings] };
  } catch (error) {
    if (!(error instanceof AdmissionRefusal)) throw error;
    const { code, reason, text } = error;
    return { allowed: false, status: { status: 'Failure', message: text, reason, code } };
  }
}

function patched(before: unknown, after: unknown): Answer {
  const operations = patchBetween(before, after);
  if (operations.length === 0) return allowed;
  return {
    allowed: true,
    patchType: 'JSONPatch',
    patch: Buffer.from(JSON.stringify(operations)).toString('base64'),
  };
}

/** Throws `AdmissionRefusal` if the API server would not take the Pod. */
async function tryPod(pod: Pod, client: Pick<KubeClient, 'create'>, signal: AbortSignal): Promise<void> {
  try {
    await client.create(resources.pods, pod, { dryRun: true, signal });
  } catch (error) {
    if (!(error instanceof StatusError) || unanswered.has(error.reason)) throw error;
    const refusal = dryRunRefusal(error);
    if (refusal) throw refusal;
  }
}

/** Reasons that tell of the API server, not of the Pod. */
const unanswered: ReadonlySet<string> = new Set(['ServiceUnavailable', 'Timeout', 'TooManyRequests']);
