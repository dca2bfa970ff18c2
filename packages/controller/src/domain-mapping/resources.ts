import { type DomainMapping, type Ingress, type NetworkConfig, childName, resources } from '@ebb/api';
import { ownerReferenceOf } from '@ebb/kube';
import { httpOptionOf, ingressAnnotations } from '../ingress.ts';
import type { Target } from './reference.ts';

const uidLabel = 'serving.knative.dev/domainMappingUID';
const namespaceLabel = 'serving.knative.dev/domainMappingNamespace';

/** Tells what comes behind which host the client asked for. */
const originalHostHeader = 'K-Original-Host';

/** The routing table of a mapped domain: all requests go to the target under its own name (data-path.md, section 4.4). */
export function makeIngress(mapping: DomainMapping, { host, serviceName }: Target, network: NetworkConfig): Ingress {
  const { name = '', namespace = '', uid = '', labels } = mapping.metadata;
  const { secretName } = mapping.spec.tls ?? {};
  const split = { serviceName, serviceNamespace: namespace, servicePort: 80, percent: 100 };
  return {
    apiVersion: 'networking.internal.knative.dev/v1alpha1',
    kind: 'Ingress',
    metadata: {
      name: childName(name, ''),
      namespace,
      labels: { ...labels, [uidLabel]: uid, [namespaceLabel]: namespace },
      annotations: ingressAnnotations(mapping, network),
      ownerReferences: [ownerReferenceOf(mapping, resources.domainMappings)],
    },
    spec: {
      httpOption: httpOptionOf(mapping, network),
      rules: [
        {
          hosts: [name],
          visibility: 'ExternalIP',
          http: { paths: [{ rewriteHost: host, appendHeaders: { [originalHostHeader]: name }, splits: [split] }] },
        },
      ],
      ...(secretName ? { tls: [{ hosts: [name], secretName, secretNamespace: namespace }] } : {}),
    },
  };
}
