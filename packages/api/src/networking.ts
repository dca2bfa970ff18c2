import { namespaceHeader, revisionHeader } from './keys.ts';
import type { KubernetesObject } from './meta.ts';
import type { CommonStatus } from './serving.ts';

/** `networking.internal.knative.dev/v1alpha1 Ingress`: the contract between controller and gateway (data-path.md, section 3). */

export interface IngressSplit {
  serviceNamespace: string;
  serviceName: string;
  servicePort: number | string;
  percent?: number;
  appendHeaders?: Record<string, string>;
}

export interface IngressPath {
  path?: string;
  rewriteHost?: string;
  headers?: Record<string, { exact: string }>;
  splits: IngressSplit[];
  appendHeaders?: Record<string, string>;
}

export type Visibility = 'ExternalIP' | 'ClusterLocal';

export interface IngressRule {
  hosts?: string[];
  visibility?: Visibility;
  http?: { paths: IngressPath[] };
}

export interface IngressSpec {
  tls?: { hosts?: string[]; secretName?: string; secretNamespace?: string }[];
  rules?: IngressRule[];
  httpOption?: 'Enabled' | 'Redirected' | '';
}

export interface LoadBalancerStatus {
  ingress?: { ip?: string; domain?: string; domainInternal?: string; meshOnly?: boolean }[];
}

export interface Ingress extends KubernetesObject {
  spec: IngressSpec;
  status?: CommonStatus & { publicLoadBalancer?: LoadBalancerStatus; privateLoadBalancer?: LoadBalancerStatus };
}

/** `networking.internal.knative.dev/v1alpha1 ServerlessService` (serving-api.md, section 18). */
export interface ServerlessService extends KubernetesObject {
  spec: {
    mode?: 'Proxy' | 'Serve';
    objectRef: { apiVersion?: string; kind?: string; name?: string };
    protocolType?: 'http1' | 'h2c';
    numActivators?: number;
  };
  status?: CommonStatus & { serviceName?: string; privateServiceName?: string };
}

/** `networking.internal.knative.dev/v1alpha1 Certificate`: a certificate wanted for some hosts. */
export interface Certificate extends KubernetesObject {
  spec: { dnsNames: string[]; secretName: string; domain?: string };
  status?: CommonStatus & {
    /** When it expires. */
    notAfter?: string;
    /** Where challenges of its issuer are answered meanwhile. */
    http01Challenges?: {
      url?: string;
      serviceName?: string;
      serviceNamespace?: string;
      servicePort?: number | string;
    }[];
  };
}

/** `networking.internal.knative.dev/v1alpha1 ClusterDomainClaim`: which namespace may use the domain it is named by. */
export interface ClusterDomainClaim extends KubernetesObject {
  spec: { namespace: string };
  status?: CommonStatus;
}

/** A share of the traffic for a revision, as the gateway knows it from a plain Service: by the headers (data-path.md, section 4.2). */
export function revisionSplit(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  percent: number,
  servicePort: number = 80,
): IngressSplit {
  const appendHeaders = { [revisionHeader]: name, [namespaceHeader]: namespace };
  return { serviceNamespace: namespace, serviceName: name, servicePort, percent, appendHeaders };
}
