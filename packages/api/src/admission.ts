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

export interface AdmissionResponse {
  /** The object with defaults set; a copy, the request's is left alone. */
  readonly object: KubernetesObject;
  readonly warnings: readonly string[];
}

/**
 * Defaults and validates one write. Used in-process by the embedded API and behind webhooks on a real cluster.
 * Kinds it does not know pass unchanged. Throws `StatusError` (`BadRequest`) with Knative's text when it refuses.
 */
export type Admission = (request: AdmissionRequest) => AdmissionResponse;
