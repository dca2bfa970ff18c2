import { type Ingress, type IngressSpec, type KubernetesObject, type NetworkConfig, keys } from '@ebb/api';
import { type ConditionManager, conditionOf } from '@ebb/kube';
import { firstOf, without } from './metadata.ts';

/** What Routes and DomainMappings have in common in how they ask for an Ingress, and in how they tell of it. */

const classSpellings = [keys.ingressClass, 'networking.knative.dev/ingress-class'];
const certificateClassSpellings = [
  'networking.knative.dev/certificate.class',
  'networking.knative.dev/certificate-class',
];
const httpSpellings = ['networking.knative.dev/http-protocol', 'networking.knative.dev/httpOption'];

/** The annotations an Ingress takes over from what it is made for, with the class of gateway it is meant for. */
export function ingressAnnotations(
  { metadata: { annotations } }: KubernetesObject,
  network: NetworkConfig,
): Record<string, string> {
  return {
    ...without(annotations, [keys.lastApplied, ...classSpellings, ...certificateClassSpellings]),
    [keys.ingressClass]: firstOf(annotations, classSpellings) ?? network.ingressClass,
  };
}

/** Whether plain HTTP is served or redirected: what the object asks for, else what `config-network` says. */
export function httpOptionOf(
  { metadata: { annotations } }: KubernetesObject,
  { httpProtocol }: NetworkConfig,
): NonNullable<IngressSpec['httpOption']> {
  const asked = firstOf(annotations, httpSpellings)?.toLowerCase();
  if (asked === 'enabled') return 'Enabled';
  if (asked === 'redirected') return 'Redirected';
  return httpProtocol === 'Disabled' ? '' : httpProtocol;
}

/** True if the gateways say that they serve this very version of the Ingress. */
export function isServed(ingress: Ingress): boolean {
  return isObserved(ingress) && conditionOf(ingress.status, 'Ready')?.status === 'True';
}

/** Makes `IngressReady` say what the gateways say, once they speak of this version (serving-api.md, section 19.5). */
export function copyIngressReady(ingress: Ingress, conditions: ConditionManager): void {
  const ready = conditionOf(ingress.status, 'Ready');
  if (!ready || !isObserved(ingress)) return markIngressNotConfigured(conditions);
  if (ready.status === 'True') conditions.markTrue('IngressReady');
  else if (ready.status === 'False') conditions.markFalse('IngressReady', ready.reason ?? 'NotReady', ready.message);
  else conditions.markUnknown('IngressReady', ready.reason, ready.message);
}

/** What holds until the gateways have spoken. */
export function markIngressNotConfigured(conditions: ConditionManager): void {
  conditions.markUnknown('IngressReady', 'IngressNotConfigured', 'Ingress has not yet been reconciled.');
}

function isObserved({ metadata, status }: Ingress): boolean {
  return metadata.generation === status?.observedGeneration;
}
