import {
  type LabelSelector,
  type Resource,
  type RuleWithOperations,
  type ValidatingWebhookConfiguration,
  type WebhookClientConfig,
  keys,
  resources,
  systemNamespace,
  webhookNames,
} from '@ebb/api';

/** Where API servers call the webhook: a Service in `knative-serving`, or `https://<host>:<port>` for one outside the cluster. */
export type WebhookAddress = { readonly service: string } | { readonly url: string };

/** What the server answers, by path (Knative's names). */
export const paths = {
  mutating: '/defaulting',
  validating: '/resource-validation',
  configMaps: '/config-validation',
} as const;

export type WebhookPurpose = keyof typeof paths;

/** A mutating configuration has no part that matters here and that a validating one has not. */
export type WebhookConfiguration = ValidatingWebhookConfiguration;

export const purposes: readonly WebhookPurpose[] = ['mutating', 'validating', 'configMaps'];

export const resourceOf: Readonly<Record<WebhookPurpose, Resource<WebhookConfiguration>>> = {
  mutating: resources.mutatingWebhookConfigurations,
  validating: resources.validatingWebhookConfigurations,
  configMaps: resources.validatingWebhookConfigurations,
};

/** What makes an API server ask the webhook (serving-api.md, section 2); the authority to trust is filled in while it runs. */
export function makeWebhookConfiguration(purpose: WebhookPurpose, address: WebhookAddress): WebhookConfiguration {
  const name = webhookNames[purpose];
  const { kind } = resourceOf[purpose];
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind,
    metadata: {
      name,
      labels: { 'app.kubernetes.io/name': 'knative-serving', 'app.kubernetes.io/component': 'webhook' },
    },
    webhooks: [
      {
        name,
        clientConfig: clientConfigOf(purpose, address),
        rules: purpose === 'configMaps' ? [rule('', 'v1', 'configmaps')] : knativeKinds,
        namespaceSelector: purpose === 'configMaps' ? systemOnly : notExcluded,
        admissionReviewVersions: ['v1'],
        failurePolicy: 'Fail',
        matchPolicy: 'Equivalent',
        sideEffects: 'None',
        timeoutSeconds: 10,
        ...(purpose === 'mutating' ? { reinvocationPolicy: 'IfNeeded' } : {}),
      },
    ],
  };
}

/** The configuration with where to call and whom to trust; webhooks of others in it stay as they are. */
export function withClientConfig(
  configuration: WebhookConfiguration,
  purpose: WebhookPurpose,
  { address, bundle }: { readonly address: WebhookAddress; readonly bundle: string },
): WebhookConfiguration {
  const caBundle = Buffer.from(bundle).toString('base64');
  const webhooks = (configuration.webhooks ?? []).map((webhook) =>
    webhook.name === webhookNames[purpose]
      ? { ...webhook, clientConfig: { ...clientConfigOf(purpose, address), caBundle } }
      : webhook,
  );
  return { ...configuration, webhooks };
}

/** Whether all of ours in it trust that authority. */
export function trusts({ webhooks = [] }: WebhookConfiguration, purpose: WebhookPurpose, ca: string): boolean {
  return webhooks
    .filter(({ name }) => name === webhookNames[purpose])
    .every(({ clientConfig }) =>
      Buffer.from(clientConfig.caBundle ?? '', 'base64')
        .toString()
        .includes(ca.trim()),
    );
}

function clientConfigOf(purpose: WebhookPurpose, address: WebhookAddress): WebhookClientConfig {
  const path = paths[purpose];
  if ('url' in address) return { url: new URL(path, address.url).href };
  return { service: { namespace: systemNamespace, name: address.service, path, port: 443 } };
}

/** Deletes are let through: better not to ask, lest they wait for a webhook that is away. Of a status there is nothing to say. */
function rule(group: string, version: string, ...plurals: string[]): RuleWithOperations {
  return {
    apiGroups: [group],
    apiVersions: [version],
    operations: ['CREATE', 'UPDATE'],
    resources: plurals,
    scope: 'Namespaced',
  };
}

const knativeKinds: RuleWithOperations[] = [
  rule('serving.knative.dev', 'v1', 'services', 'configurations', 'revisions', 'routes'),
  rule('serving.knative.dev', 'v1beta1', 'domainmappings'),
  rule('autoscaling.internal.knative.dev', 'v1alpha1', 'podautoscalers', 'metrics'),
  rule('networking.internal.knative.dev', 'v1alpha1', 'ingresses', 'serverlessservices', 'certificates'),
];

const notExcluded: LabelSelector = {
  matchExpressions: [{ key: keys.excluded, operator: 'DoesNotExist' }],
};

const systemOnly: LabelSelector = {
  matchLabels: { 'kubernetes.io/metadata.name': systemNamespace },
  ...notExcluded,
};
