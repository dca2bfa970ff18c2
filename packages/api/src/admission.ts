import type { Pod } from './core.ts';
import type { KubernetesObject } from './meta.ts';

/** What is asked of admission: one write of one object. */
export interface AdmissionRequest {
  readonly operation: 'CREATE' | 'UPDATE';
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** `''` for the object itself, `status` for its status. */
  readonly subresource: string;
  readonly object: KubernetesObject;
  /** The object as stored; absent on create. */
  readonly oldObject?: KubernetesObject;
  readonly userName: string;
  readonly dryRun: boolean;
}

/** What validation found in an object that it lets pass. */
export interface Validated {
  readonly warnings: readonly string[];
  /**
   * In a dry run, or where the object asks for it, the Pod that the template would give. Whoever asked creates it with
   * `dryRun=All`; when the API server refuses that, `dryRunRefusal` says whether the write is refused with it.
   */
  readonly dryRunPod?: Pod;
}

export interface AdmissionResponse extends Validated {
  /** The object with defaults set; a copy, the request's is left alone. */
  readonly object: KubernetesObject;
}

/**
 * Defaults and validates one write. Used in-process by the embedded API. Kinds it does not know pass unchanged. Throws
 * `AdmissionRefusal` with Knative's text when it refuses.
 */
export type Admission = (request: AdmissionRequest) => AdmissionResponse;

/** The halves of an `Admission`, for an API server that asks for them one after the other: a mutating and a validating webhook. */
export interface AdmissionSteps {
  /** The object with defaults set; a copy. Throws `AdmissionRefusal`. */
  mutate(request: AdmissionRequest): KubernetesObject;
  /** Judges the object as it is. Throws `AdmissionRefusal`. */
  validate(request: AdmissionRequest): Validated;
}
