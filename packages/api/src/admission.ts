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

/**
 * Defaults and validates one write, in the two steps in which API servers ask: a mutating and a validating webhook, and between them the
 * API server looks at the object by its schema. Kinds that it does not know pass unchanged. Both throw `AdmissionRefusal` with Knative's
 * text when they refuse.
 */
export interface Admission {
  /** The object with defaults set; a copy, the request's is left alone. */
  mutate(request: AdmissionRequest): KubernetesObject;
  /** Judges the object as it is. */
  validate(request: AdmissionRequest): Validated;
}
