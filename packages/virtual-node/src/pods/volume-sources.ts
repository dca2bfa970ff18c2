/** The sources of volumes this node knows (`core/v1 VolumeSource`). */
export interface VolumeSources {
  readonly emptyDir?: { readonly medium?: string; readonly sizeLimit?: string | number };
  readonly configMap?: KeyProjection & { readonly defaultMode?: number };
  readonly secret?: KeyProjection & { readonly secretName?: string; readonly defaultMode?: number };
  readonly downwardAPI?: { readonly items?: readonly DownwardItem[]; readonly defaultMode?: number };
  readonly projected?: { readonly sources?: readonly ProjectedSource[]; readonly defaultMode?: number };
  readonly persistentVolumeClaim?: { readonly claimName: string; readonly readOnly?: boolean };
  readonly ephemeral?: object;
  readonly nfs?: { readonly server: string; readonly path: string; readonly readOnly?: boolean };
  readonly flexVolume?: FlexVolume;
  readonly csi?: CsiVolume;
}

export interface ProjectedSource {
  readonly configMap?: KeyProjection;
  readonly secret?: KeyProjection;
  readonly downwardAPI?: { readonly items?: readonly DownwardItem[] };
  readonly serviceAccountToken?: TokenProjection;
}

export interface KeyProjection {
  readonly name?: string;
  readonly optional?: boolean;
  readonly items?: readonly { readonly key: string; readonly path: string; readonly mode?: number }[];
}

export interface DownwardItem {
  readonly path: string;
  readonly mode?: number;
  readonly fieldRef?: { readonly fieldPath: string };
  readonly resourceFieldRef?: ResourceFieldRef;
}

export interface ResourceFieldRef {
  readonly containerName?: string;
  readonly resource: string;
  readonly divisor?: string | number;
}

export interface TokenProjection {
  readonly path: string;
  /** Default: the API server. */
  readonly audience?: string;
  /** Default 3600. */
  readonly expirationSeconds?: number;
}

/** A Secret; of a PersistentVolume with its namespace, else of the pod's. */
export interface SecretRef {
  readonly name: string;
  readonly namespace?: string;
}

export interface FlexVolume {
  readonly driver: string;
  readonly fsType?: string;
  readonly readOnly?: boolean;
  readonly secretRef?: SecretRef;
  readonly options?: Readonly<Record<string, string>>;
}

/** Inline, or of a PersistentVolume. */
export interface CsiVolume {
  readonly driver: string;
  readonly volumeHandle?: string;
  readonly fsType?: string;
  readonly readOnly?: boolean;
  readonly volumeAttributes?: Readonly<Record<string, string>>;
  readonly nodePublishSecretRef?: SecretRef;
}

/** The Secret a volume is mounted with. */
export function mountSecret({ csi, flexVolume }: Pick<VolumeSources, 'csi' | 'flexVolume'>): SecretRef | undefined {
  return csi?.nodePublishSecretRef ?? flexVolume?.secretRef;
}

/** `core/v1 PersistentVolumeSpec`, as far as it says where a volume is. */
export interface PersistentVolumeSource {
  readonly nfs?: { readonly server: string; readonly path: string; readonly readOnly?: boolean };
  readonly flexVolume?: FlexVolume;
  readonly csi?: CsiVolume;
}
