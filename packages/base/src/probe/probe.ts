/** A check of a container's health, and when to make it (`core/v1 Probe`, in complete form). */
export interface ProbeSpec {
  readonly action: ProbeAction;
  readonly initialDelaySeconds: number;
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly successThreshold: number;
  readonly failureThreshold: number;
}

export type ProbeAction =
  | HttpAction
  | { readonly kind: 'tcp'; readonly port: number }
  | { readonly kind: 'exec'; readonly command: readonly string[] }
  /** Asks `grpc.health.v1.Health/Check` for the service, over h2c. Default: for the server as a whole. */
  | { readonly kind: 'grpc'; readonly port: number; readonly service?: string };

export interface HttpAction {
  readonly kind: 'http';
  /** With its query. */
  readonly path: string;
  readonly port: number;
  readonly scheme: 'HTTP' | 'HTTPS';
  /** Sent with the request, over those a probe sends anyway; `Host` among them sets the host. Default: none. */
  readonly headers?: readonly { readonly name: string; readonly value: string }[];
}
