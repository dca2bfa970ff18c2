import { StatusError } from '../status-error.ts';

/** Knative's webhooks, by what they do. */
const names = {
  mutating: 'webhook.serving.knative.dev',
  validating: 'validation.webhook.serving.knative.dev',
  configMaps: 'config.webhook.serving.knative.dev',
} as const;

/** Names of Knative's webhooks: they stand in the text of a refusal (serving-api.md, section 2). */
export const webhookNames: Readonly<typeof names> = names;

/** A refused write, as the client sees it: `BadRequest`, with the name of the webhook before the text. */
export class AdmissionRefusal extends StatusError {
  /** The text alone: an API server that asks a webhook puts the name before it by itself. */
  readonly text: string;

  constructor(webhook: keyof typeof names, text: string, { cause }: { readonly cause?: unknown } = {}) {
    super('BadRequest', `admission webhook "${names[webhook]}" denied the request: ${text}`, { cause });
    this.text = text;
  }
}
