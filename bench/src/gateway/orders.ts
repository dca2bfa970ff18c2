/** PEM texts. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** What a proxy's process is told first. */
export interface ProxyOrder {
  readonly kind: 'ebb' | 'undici' | 'http-proxy' | 'byte relay';
  /** Where the backend listens, on 127.0.0.1. */
  readonly backendPort: number;
  /** Ebb's: of the API with its routes, and what it shows to who speaks TLS. */
  readonly ebb?: { readonly kubeconfig: string; readonly certificate: KeyPair };
}

/** What it answers once it listens. */
export interface ProxyPorts {
  readonly port: number;
  readonly tlsPort?: number;
}

/** What it may be told later: to profile itself until the parent is gone, and where to write that. It says when it has begun. */
export interface ProfileOrder {
  readonly profile: string;
}
