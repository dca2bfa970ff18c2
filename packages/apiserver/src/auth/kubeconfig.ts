import { stringify } from 'yaml';

/** A kubeconfig, as YAML, with one cluster, one user and one context, all named `ebb`. */
export function makeKubeconfig(server: string, caCertificate: string, token: string): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'ebb',
        cluster: { server, 'certificate-authority-data': Buffer.from(caCertificate).toString('base64') },
      },
    ],
    users: [{ name: 'ebb', user: { token } }],
    contexts: [{ name: 'ebb', context: { cluster: 'ebb', user: 'ebb', namespace: 'default' } }],
    'current-context': 'ebb',
  });
}
