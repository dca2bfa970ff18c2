import type { Schema } from '../crd.ts';
import { flag, integer, intOrString, list, object, text, textMap } from './schema.ts';

const split = object(
  'A share of the requests.',
  {
    serviceNamespace: text('Namespace of the revision.'),
    serviceName: text('Name of the revision.'),
    servicePort: intOrString('80 for HTTP/1.1, 81 for h2c, 443 for TLS.'),
    percent: integer('How much, of 100.'),
    appendHeaders: textMap('Headers to set.'),
  },
  { required: ['serviceNamespace', 'serviceName', 'servicePort'] },
);

const path = object(
  'Requests with this prefix and these headers.',
  {
    path: text('Prefix of the path; all if empty.'),
    rewriteHost: text('Host the instance shall see.'),
    headers: {
      type: 'object',
      description: 'Headers that must match.',
      additionalProperties: object('A match.', { exact: text('The value it must have.') }, { required: ['exact'] }),
    },
    splits: list('Who gets them.', split),
    appendHeaders: textMap('Headers to set.'),
  },
  { required: ['splits'] },
);

const rule = object('Requests for these hosts.', {
  hosts: list('The hosts; any if empty.', text('A host.')),
  visibility: text('ExternalIP or ClusterLocal.'),
  http: object(
    'What to do with them.',
    { paths: list('Paths, the first that matches.', path) },
    { required: ['paths'] },
  ),
});

const loadBalancer = object('Where the gateway is.', {
  ingress: list(
    'Its addresses.',
    object('An address.', {
      ip: text('By address.'),
      domain: text('By name.'),
      domainInternal: text('By name inside the cluster.'),
      meshOnly: flag('Only through the mesh.'),
    }),
  ),
});

/** What the gateway serves (data-path.md, section 3.1). */
export const ingressSpec: Schema = object('Which requests go where.', {
  httpOption: text('Enabled, or Redirected to https.'),
  rules: list('Rules by host.', rule),
  tls: list(
    'Certificates by host.',
    object('A certificate.', {
      hosts: list('Its hosts.', text('A host.')),
      secretName: text('Secret with the certificate.'),
      secretNamespace: text('Namespace of the Secret.'),
    }),
  ),
});

export const ingressStatus: Record<string, Schema> = {
  publicLoadBalancer: loadBalancer,
  privateLoadBalancer: loadBalancer,
};
