import type { Pod } from '../core.ts';
import { keys } from '../keys.ts';
import type { KubernetesObject, ObjectMeta } from '../meta.ts';
import { makePod } from '../pod/make-pod.ts';
import type { RevisionSpec } from '../serving.ts';
import type { StatusError } from '../status-error.ts';
import { AdmissionRefusal } from './refusal.ts';

/** True where an object's author wants its Pod to be tried at every write, as Knative 1.15 lets them. */
export function asksForDryRun({ metadata }: KubernetesObject): boolean {
  return ['enabled', 'strict'].includes(metadata.annotations?.[keys.podSpecDryRun] ?? '');
}

/**
 * The Pod that a template would give, to be created with `dryRun=All` (serving-api.md, section 2); `undefined` for the template of
 * a Configuration that belongs to a Service, which has been tried with the Service.
 */
export function makeDryRunPod({ namespace, labels = {} }: ObjectMeta, spec: RevisionSpec): Pod | undefined {
  if (labels[keys.service] !== undefined) return undefined;
  const place = namespace === undefined ? {} : { namespace };
  const pod = makePod({ revision: { metadata: place, spec }, podName: '' });
  return { ...pod, metadata: { ...place, generateName: 'dry-run-validation' } };
}

/**
 * The refusal of a write whose `dryRunPod` the API server did not take for the reason `error`; `undefined` if something on the
 * Pod's way cannot do dry runs at all, which says nothing about the Pod.
 */
export function dryRunRefusal(error: StatusError): AdmissionRefusal | undefined {
  const { message } = error;
  if (/does not support dry run/i.test(message)) return undefined;
  const text = `validation callback failed: dry run failed with ${message}: spec.template`;
  return new AdmissionRefusal('validating', text, { cause: error });
}
