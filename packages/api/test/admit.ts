import { expect } from 'vitest';
import { parse } from 'yaml';
import {
  type AdmissionRequest,
  type KubernetesObject,
  type Service,
  type ServingConfig,
  StatusError,
  type Validated,
  createAdmission,
  defaultServingConfig,
} from '../src/index.ts';
import { groups } from '../src/testing.ts';

export interface Options extends Partial<AdmissionRequest> {
  readonly config?: ServingConfig;
}

/** An object with defaults set, and what was found in it. */
interface Admitted extends Validated {
  readonly object: KubernetesObject;
}

/** What admission makes of an object; without `oldObject` it is a new one. */
export function admit(object: unknown, { config = defaultServingConfig, ...more }: Options = {}): Admitted {
  const kind = more.kind ?? (object as KubernetesObject).kind ?? 'Service';
  const admission = createAdmission(() => config);
  const request: AdmissionRequest = {
    operation: more.oldObject ? 'UPDATE' : 'CREATE',
    group: groups[kind] ?? '',
    version: 'v1',
    kind,
    subresource: '',
    object: object as KubernetesObject,
    userName: 'ann',
    dryRun: false,
    ...more,
  };
  const mutated = admission.mutate(request);
  return { object: mutated, ...admission.validate({ ...request, object: mutated }) };
}

/** The Service `hello` with the rest of its manifest in YAML. */
export const service = (manifest: string): Service =>
  parse(`kind: Service\nmetadata: { name: hello, namespace: default }\n${manifest}`);
export const withContainer = (container: string, more = ''): Service =>
  service(`spec: { template: { spec: { containers: [${container}] ${more} } } }`);
export const withSpec = (spec: string): Service => service(`spec: { template: { spec: ${spec} } }`);
export const hello: Service = withContainer('{ image: dev.local/hello }');

/** Why it is refused, without the name of the webhook for Knative's kinds; `admitted` if it is not. */
export function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(StatusError);
    expect(error).toMatchObject({ reason: 'BadRequest', code: 400 });
    return (error as StatusError).message.replace(
      'admission webhook "validation.webhook.serving.knative.dev" denied the request: ',
      '',
    );
  }
  return 'admitted';
}
