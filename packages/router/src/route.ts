import type { Shares } from './shares.ts';

/** Where a request came in: from the world, or from inside the cluster. */
export type Listener = 'public' | 'private';

/** What the router looks at. */
export interface RouteRequest {
  /** The `Host` header as sent; any port, any case. */
  readonly host: string;
  /** Path and query as sent. */
  readonly path: string;
  readonly listener: Listener;
  /** It came over TLS. */
  readonly secure?: boolean | undefined;
  /** Whether the client has been with this revision, and is to come back to it, if the split it falls into has it. */
  readonly returnsTo?: ((revisionKey: string) => boolean) | undefined;
  /** The value of the header with this lower-case name. */
  header(name: string): string | undefined;
}

/** A port of a Kubernetes Service that requests are sent to. */
export interface ServiceTarget {
  /** `namespace/name:port`: no revision has such a key. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  /** Its number or its name. */
  readonly port: number | string;
}

/** Send the request to an instance of a revision, or of a Service. Shared among requests, and not to be changed. */
export interface Forward {
  readonly kind: 'forward';
  readonly ingress: CompiledIngress;
  readonly revision: { readonly namespace: string; readonly name: string };
  /** `namespace/name` of the revision; the key of the Service where the Ingress names no revision. */
  readonly revisionKey: string;
  /** Headers to set over what the client sent: name, value, name, value…; none twice. */
  readonly setHeaders: readonly string[];
  /** What the instance shall see as `Host`, if not what the client sent. */
  readonly rewriteHost: string | undefined;
}

/** Answer 301: this host is served over https only. */
export interface Redirect {
  readonly kind: 'redirect';
  readonly ingress: CompiledIngress;
  readonly location: string;
}

/** Answer 404 with an empty body. */
export interface NotFound {
  readonly kind: 'notFound';
}

export type RouteResult = Forward | Redirect | NotFound;

/** One path entry of a rule, ready to be matched. */
export interface PathRoute {
  readonly prefix: string;
  /** All must be equal: lower-case name, value. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly targets: readonly Forward[];
  readonly shares: Shares;
}

/** The paths of one host, by listener, longest first. */
export type HostRoutes = Readonly<Record<Listener, readonly PathRoute[]>>;

/** Hosts that show the certificate of a Secret; without hosts, those that the certificate names. */
export interface IngressTls {
  readonly hosts: readonly string[];
  /** `namespace/name`. */
  readonly secret: string;
}

/** An Ingress made ready for matching. */
export interface CompiledIngress {
  /** `namespace/name`. */
  readonly key: string;
  readonly uid: string;
  readonly generation: number;
  /** For the question who was first to claim a host. */
  readonly createdAt: string;
  /** True if plain HTTP on the public listener is answered by a redirect to https. */
  readonly redirected: boolean;
  /** Which hosts show which certificate. */
  readonly tls: readonly IngressTls[];
  readonly hosts: ReadonlyMap<string, HostRoutes>;
  /** The Services it sends requests to, but for those that stand for a revision. */
  readonly services: readonly ServiceTarget[];
  /** The state of each split, kept when the Ingress is compiled anew with that split unchanged. */
  readonly shares: ReadonlyMap<string, Shares>;
  /** See `ingressHash`; worked out when first asked for. */
  hash(): string;
}
