import {
  type ConfigMap,
  type KubernetesObject,
  type Resource,
  type Secret,
  resources,
  systemNamespace,
  webhookNames,
} from '@ebb/api';
import type { Clock, Logger } from '@ebb/base';
import { type Informer, type KubeClient, createInformer } from '@ebb/kube';
import { type WebhookConfiguration, type WebhookPurpose, resourceOf } from './configurations.ts';

/** What the webhook follows: the settings, and the few objects that it keeps itself. */
export interface Informers extends Readonly<Record<WebhookPurpose, Informer<WebhookConfiguration>>> {
  readonly settings: Informer<ConfigMap>;
  readonly secrets: Informer<Secret>;
}

interface InformersOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
}

/** The Secret with the certificates: Knative's name. */
export const secretName = 'webhook-certs';

export function createInformers({ client, clock, logger, random }: InformersOptions): Informers {
  const inform = <T extends KubernetesObject>(
    resource: Resource<T>,
    only: { readonly namespace?: string; readonly fieldSelector?: string },
  ): Informer<T> => createInformer(client, resource, { clock, logger, random, ...only });
  // By name, so that the service account needs to see no other.
  const named = (name: string): { fieldSelector: string } => ({ fieldSelector: `metadata.name=${name}` });
  const configuration = (purpose: WebhookPurpose): Informer<WebhookConfiguration> =>
    inform(resourceOf[purpose], named(webhookNames[purpose]));
  return {
    settings: inform(resources.configMaps, { namespace: systemNamespace }),
    secrets: inform(resources.secrets, { namespace: systemNamespace, ...named(secretName) }),
    mutating: configuration('mutating'),
    validating: configuration('validating'),
    configMaps: configuration('configMaps'),
  };
}

/** Calls `task` on each event until disposed. */
export function onEvent<T extends KubernetesObject>(informer: Informer<T>, task: () => void): Disposable {
  const subscription = informer.events.subscribe(task);
  return { [Symbol.dispose]: () => subscription.unsubscribe() };
}
