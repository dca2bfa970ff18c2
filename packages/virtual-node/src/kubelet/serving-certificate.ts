import { X509Certificate, createPrivateKey } from 'node:crypto';
import { type KubeClient, type KubernetesObject, type Resource, isNotFound } from '@ebb/api';
import { type Clock, type Logger, messageOf } from '@ebb/base';
import { makeCertificateRequest } from '@ebb/base/certificates';

/** `certificates.k8s.io/v1 CertificateSigningRequest`, what is read and written of it. */
interface SigningRequest extends KubernetesObject {
  spec?: { request: string; signerName: string; usages: string[] };
  status?: { certificate?: string; conditions?: { type: string; reason?: string; message?: string }[] };
}

const signingRequests: Resource<SigningRequest> = {
  group: 'certificates.k8s.io',
  version: 'v1',
  plural: 'certificatesigningrequests',
  kind: 'CertificateSigningRequest',
  namespaced: false,
};

/** A certificate and its key, as PEM texts. */
export interface ServingPair {
  readonly certificate: string;
  readonly key: string;
}

interface Options {
  readonly client: Pick<KubeClient, 'create' | 'get'>;
  readonly nodeName: string;
  /** Where API servers reach it. */
  readonly address: string;
  readonly onSigned: (pair: ServingPair) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How often one looks whether it was signed: often at first, for who approves by a program. */
const lookMs = { soon: 2_000, soonFor: 60_000, later: 30_000 } as const;
/** After a refusal, or where there is nobody to ask. */
const againMs = 3_600_000;
/** A certificate is renewed when so much of its life is over. */
const renewAt = 0.8;
/** Timers are not for longer than some weeks. */
const dayMs = 24 * 3_600_000;

/**
 * Asks the cluster to sign what the kubelet API shows (`kubernetes.io/kubelet-serving`), has it used once somebody has approved
 * it, and renews it in time. Works until aborted, and never rejects: what it shows meanwhile it has made itself.
 */
export async function keepServingCertificate(options: Options, signal: AbortSignal): Promise<void> {
  const { clock, logger, nodeName, onSigned } = options;
  const waitUntil = async (ms: number): Promise<void> => {
    while (!signal.aborted && clock.now() < ms) {
      await clock.sleep(Math.min(dayMs, ms - clock.now()), { signal }).catch(() => {}); // aborted: the loop ends
    }
  };
  while (!signal.aborted) {
    try {
      const pair = await signedPair(options, waitUntil, signal);
      if (!pair) continue; // aborted, or the request was cleared away
      onSigned(pair);
      logger.info({ node: nodeName }, 'the kubelet API shows a certificate of the cluster');
      await waitUntil(renewalMs(pair));
    } catch (error) {
      if (signal.aborted) return;
      logger.info({ node: nodeName, error: messageOf(error) }, 'the cluster signs no certificate for the kubelet API');
      await waitUntil(clock.now() + againMs);
    }
  }
}

/** Undefined if aborted, or if the request is gone before it was signed. Rejects if it is denied. */
async function signedPair(
  { client, nodeName, address, clock }: Options,
  waitUntil: (ms: number) => Promise<void>,
  signal: AbortSignal,
): Promise<ServingPair | undefined> {
  const subject = { commonName: `system:node:${nodeName}`, organization: 'system:nodes', hosts: [address] };
  const { request, key } = await makeCertificateRequest(subject);
  const asked: SigningRequest = {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { generateName: 'csr-' },
    spec: {
      request: Buffer.from(request).toString('base64'),
      signerName: 'kubernetes.io/kubelet-serving',
      usages: ['digital signature', 'server auth'],
    },
  };
  const { metadata } = await client.create(signingRequests, asked, { signal });
  const beganMs = clock.now();
  while (!signal.aborted) {
    const found = await client
      .get(signingRequests, { name: metadata.name ?? '' }, { signal })
      // What cannot be read now may be later: somebody may be about to approve it.
      .catch((error: unknown) => (isNotFound(error) ? undefined : asked));
    if (!found) return undefined;
    const { certificate, conditions = [] } = found.status ?? {};
    if (certificate) return checked({ certificate: Buffer.from(certificate, 'base64').toString(), key });
    const refusal = conditions.find(({ type }) => type === 'Denied' || type === 'Failed');
    if (refusal) throw new Error(`${metadata.name}: ${refusal.type}: ${refusal.message ?? refusal.reason ?? ''}`);
    const isSoon = clock.now() - beganMs < lookMs.soonFor;
    await waitUntil(clock.now() + (isSoon ? lookMs.soon : lookMs.later));
  }
  return undefined;
}

function checked(pair: ServingPair): ServingPair {
  if (new X509Certificate(pair.certificate).checkPrivateKey(createPrivateKey(pair.key))) return pair;
  throw new Error('what was signed is not the key that was asked for');
}

function renewalMs({ certificate }: ServingPair): number {
  const { validFrom, validTo } = new X509Certificate(certificate);
  const fromMs = Date.parse(validFrom);
  return fromMs + renewAt * (Date.parse(validTo) - fromMs);
}
