import { isAlreadyExists, webhookNames } from '@ebb/api';
import type { Logger } from '@ebb/base';
import { type Informer, type KubeClient, deepEqual } from '@ebb/kube';
import {
  type WebhookAddress,
  type WebhookConfiguration,
  type WebhookPurpose,
  makeWebhookConfiguration,
  purposes,
  resourceOf,
  trusts,
  withClientConfig,
} from './configurations.ts';

export interface RegistrarOptions {
  readonly client: KubeClient;
  readonly informers: Readonly<Record<WebhookPurpose, Informer<WebhookConfiguration>>>;
  readonly address: WebhookAddress;
  /** PEM of the authorities to be trusted; `undefined` while there is no certificate. */
  readonly bundle: () => string | undefined;
  readonly logger: Logger;
}

/** Keeps the webhook configurations telling API servers where to call and whom to trust. */
export class Registrar {
  readonly #options: RegistrarOptions;

  constructor(options: RegistrarOptions) {
    this.#options = options;
  }

  /** Whether every configuration that is there trusts the authority. */
  isTrusted(ca: string): boolean {
    return purposes.every((purpose) => {
      const configuration = this.#find(purpose);
      return configuration === undefined || trusts(configuration, purpose, ca);
    });
  }

  async reconcile(purpose: WebhookPurpose, signal: AbortSignal): Promise<void> {
    const { client, address, logger } = this.#options;
    const bundle = this.#options.bundle();
    if (bundle === undefined) return;
    const found = this.#find(purpose);
    if (!found && 'service' in address) {
      const fields = { name: webhookNames[purpose], kind: resourceOf[purpose].kind };
      logger.warn(fields, 'the webhook configuration is missing, so nothing is asked of it; apply deploy/');
      return;
    }
    const desired = withClientConfig(found ?? makeWebhookConfiguration(purpose, address), purpose, { address, bundle });
    if (!found) await this.#create(purpose, desired, signal);
    else if (!deepEqual(desired, found)) await client.update(resourceOf[purpose], desired, { signal });
  }

  #find(purpose: WebhookPurpose): WebhookConfiguration | undefined {
    return this.#options.informers[purpose].get(undefined, webhookNames[purpose]);
  }

  async #create(purpose: WebhookPurpose, desired: WebhookConfiguration, signal: AbortSignal): Promise<void> {
    try {
      await this.#options.client.create(resourceOf[purpose], desired, { signal });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error; // another replica's comes by watch
    }
  }
}
