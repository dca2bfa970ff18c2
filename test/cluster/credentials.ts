import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeCertificates } from '@ebb/base/certificates';

/** Files and texts that prove who is who in a test cluster. */
export interface ClusterCredentials {
  /** PEM text of the authority behind the API server's certificate. */
  readonly ca: string;
  /** PEM text of the authority behind the certificate that the API server shows to kubelets. */
  readonly kubeletClientCa: string;
  /** Bearer token of a cluster administrator. */
  readonly token: string;
  /** Paths below the cluster's folder. */
  readonly files: {
    readonly ca: string;
    readonly certificate: string;
    readonly key: string;
    readonly kubeletCertificate: string;
    readonly kubeletKey: string;
    readonly clientCa: string;
    readonly serviceAccountKey: string;
    readonly serviceAccountPublicKey: string;
    readonly tokens: string;
  };
}

/** Makes all keys, certificates and tokens of one cluster and writes them below `folder`. */
export async function makeClusterCredentials(folder: string, host: string): Promise<ClusterCredentials> {
  const now = Date.now();
  const serving = await makeCertificates({ commonName: 'kube-apiserver', hosts: [host], now });
  // As installers make it: kubelets ask whether who shows it may use them.
  const client = { commonName: 'kube-apiserver', organization: 'system:masters', usage: 'client' } as const;
  const kubelet = await makeCertificates({ ...client, hosts: [], now });
  const { privateKey, publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const token = randomBytes(24).toString('hex');
  const write = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };
  return {
    ca: serving.ca,
    kubeletClientCa: kubelet.ca,
    token,
    files: {
      ca: await write('ca.crt', serving.ca),
      certificate: await write('apiserver.crt', serving.certificate),
      key: await write('apiserver.key', serving.key),
      kubeletCertificate: await write('kubelet-client.crt', kubelet.certificate),
      // Told to kubelets by a ConfigMap, for that is where they look for it.
      clientCa: await write('client-ca.crt', kubelet.ca),
      kubeletKey: await write('kubelet-client.key', kubelet.key),
      serviceAccountKey: await write('service-account.key', privateKey),
      serviceAccountPublicKey: await write('service-account.pub', publicKey),
      tokens: await write('tokens.csv', `${token},admin,admin,"system:masters"\n`),
    },
  };
}

/** A kubeconfig with one cluster, one user and one context; JSON, which is YAML too. */
export function makeKubeconfig(access: {
  readonly server: string;
  readonly ca: string;
  readonly token: string;
  /** Where clients look when they are told no namespace. */
  readonly namespace?: string;
}): string {
  const { server, ca, token, namespace = 'default' } = access;
  const name = 'ebb-test';
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace } }],
  });
}
