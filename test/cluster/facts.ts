/** What the stories are told about the cluster they run on. */
export interface ClusterFacts {
  /** Of a cluster administrator. */
  readonly kubeconfig: string;
  /** Where the stories make their objects; other namespaces of theirs have names that begin with it and a dash. */
  readonly namespace: string;
  /** True if all that is on the cluster is the stories'. */
  readonly ours: boolean;
  /** PEM text of the authority behind the certificate that the API server shows to kubelets; unknown of foreign clusters. */
  readonly kubeletClientCa?: string;
  /** Where nodes are to listen, so that the API server passes requests on to them; undefined where nodes are at 127.0.0.1. */
  readonly nodeAddress?: string;
  /** File in which the API server writes down what Ebb's service accounts asked of it; none of foreign clusters. */
  readonly auditLog?: string;
}

/** What the webhooks are asked about. Bad ConfigMaps get in where they are not asked about those, as on Knative without them. */
export type AdmissionExtent = 'all' | 'but ConfigMaps';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Not there on the embedded API. */
    cluster: ClusterFacts;
  }
}
