import type { KubernetesObject, Status } from './meta.ts';

/** `admissionregistration.k8s.io/v1` and `admission.k8s.io/v1`, as far as Ebb reads or writes them. */

export interface WebhookClientConfig {
  /** A Service of the cluster; either this or `url`. */
  service?: { namespace: string; name: string; path?: string; port?: number };
  url?: string;
  /** PEM of the authority that signed the webhook's certificate, in base64. */
  caBundle?: string;
}

export interface RuleWithOperations {
  operations: ('CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT' | '*')[];
  apiGroups: string[];
  apiVersions: string[];
  /** Plurals, and `plural/subresource`. */
  resources: string[];
  scope?: 'Cluster' | 'Namespaced' | '*';
}

export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'; values?: string[] }[];
}

export interface ValidatingWebhook {
  name: string;
  clientConfig: WebhookClientConfig;
  rules?: RuleWithOperations[];
  failurePolicy?: 'Ignore' | 'Fail';
  matchPolicy?: 'Exact' | 'Equivalent';
  namespaceSelector?: LabelSelector;
  objectSelector?: LabelSelector;
  sideEffects: 'None' | 'NoneOnDryRun';
  timeoutSeconds?: number;
  admissionReviewVersions: string[];
}

export interface MutatingWebhook extends ValidatingWebhook {
  reinvocationPolicy?: 'Never' | 'IfNeeded';
}

export interface ValidatingWebhookConfiguration extends KubernetesObject {
  webhooks?: ValidatingWebhook[];
}

export interface MutatingWebhookConfiguration extends KubernetesObject {
  webhooks?: MutatingWebhook[];
}

/** What an API server asks a webhook, and what it answers in the same envelope. */
export interface AdmissionReview {
  apiVersion: 'admission.k8s.io/v1';
  kind: 'AdmissionReview';
  request?: AdmissionReviewRequest;
  response?: AdmissionReviewResponse;
}

interface GroupVersionKind {
  group: string;
  version: string;
  kind: string;
}

interface GroupVersionResource {
  group: string;
  version: string;
  resource: string;
}

export interface AdmissionReviewRequest {
  uid: string;
  kind: GroupVersionKind;
  resource: GroupVersionResource;
  subResource?: string;
  requestKind?: GroupVersionKind;
  requestResource?: GroupVersionResource;
  requestSubResource?: string;
  name?: string;
  namespace?: string;
  operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  userInfo: { username?: string; uid?: string; groups?: string[]; extra?: Record<string, string[]> };
  object?: KubernetesObject | null;
  oldObject?: KubernetesObject | null;
  dryRun?: boolean;
  options?: Record<string, unknown> | null;
}

export interface AdmissionReviewResponse {
  uid: string;
  allowed: boolean;
  status?: Partial<Status>;
  /** A JSON patch in base64. */
  patch?: string;
  patchType?: 'JSONPatch';
  warnings?: string[];
}
