import type { KubernetesObject } from './meta.ts';
import type { CommonStatus } from './serving.ts';

/** `caching.internal.knative.dev/v1alpha1 Image`: an image that nodes may fetch ahead of its use. */
export interface Image extends KubernetesObject {
  spec: { image: string; serviceAccountName?: string; imagePullSecrets?: { name?: string }[] };
  status?: CommonStatus;
}
