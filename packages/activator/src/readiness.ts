/** How to find out whether an instance is ready. Times in milliseconds. */
export interface Readiness {
  /**
   * - `http`: GET, answered 200–399.
   * - `tcp`: a connection can be made.
   * - `pod`: Kubernetes alone knows (exec probes, startup probes); the activator waits for the Pod's Ready condition.
   */
  readonly kind: 'http' | 'tcp' | 'pod';
  /** The port that serves speaks HTTP/2 alone. */
  readonly http2?: boolean | undefined;
  /** Port to ask. Default: the one the instance serves on. */
  readonly port?: number | undefined;
  /** Default `/`. */
  readonly path?: string | undefined;
  readonly scheme?: 'http' | 'https' | undefined;
  /** Name, value, name, value… sent with the request. */
  readonly headers?: readonly string[] | undefined;
  /** Time one attempt may take. */
  readonly timeoutMs: number;
  /** Successes in a row that make an instance ready. */
  readonly successThreshold: number;
  /** Time from the first sight of an instance to the first attempt. */
  readonly initialDelayMs: number;
}
