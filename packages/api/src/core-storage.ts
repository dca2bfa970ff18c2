import type { KubernetesObject } from './meta.ts';

/** `core/v1 PersistentVolumeClaim`. */
export interface PersistentVolumeClaim extends KubernetesObject {
  spec?: {
    accessModes?: string[];
    resources?: { requests?: Record<string, string | number>; limits?: Record<string, string | number> };
    /** `''` asks for a volume without a class; absent for one of the default class. */
    storageClassName?: string;
    volumeName?: string;
    volumeMode?: string;
    selector?: { matchLabels?: Record<string, string>; matchExpressions?: unknown[] };
  };
  status?: { phase?: 'Pending' | 'Bound' | 'Lost'; accessModes?: string[]; capacity?: Record<string, string> };
}
