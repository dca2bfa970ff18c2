import { type KubeClient, type KubernetesObject, type Pod, type Resource, StatusError } from '@ebb/api';
import type { ContainerGroup } from '../eci/eci.ts';
import { type Lookup, fileOf, tokenKey } from './lookup.ts';
import type { TokenProjection, VolumeSources } from './volume-sources.ts';

/** `authentication.k8s.io/v1 TokenRequest`, what is read and written of it. */
interface TokenRequest extends KubernetesObject {
  spec?: {
    audiences?: string[];
    expirationSeconds: number;
    boundObjectRef?: { kind: string; apiVersion: string; name: string; uid: string };
  };
  status?: { token: string; expirationTimestamp: string };
}

type Client = Pick<KubeClient, 'create'>;

interface FetchOptions {
  readonly now: number;
  readonly signal: AbortSignal;
  readonly group?: ContainerGroup | undefined;
}

/** A token is replaced when so much of its life is over, and in any case after a day (a kubelet's own rule). */
const oldAt = 0.8;
const dayMs = 24 * 3_600_000;
const defaultExpirationSeconds = 3600;

/** The tokens of a pod's projected volumes: those its group has as long as they are young, else new ones. */
export async function fetchTokens(client: Client, pod: Pod, options: FetchOptions): Promise<Lookup['token']> {
  const wanted = new Map<string, TokenProjection>();
  const found = new Map<string, string>();
  for (const { name, projected } of (pod.spec.volumes ?? []) as (VolumeSources & { name: string })[]) {
    for (const { serviceAccountToken } of projected?.sources ?? []) {
      if (!serviceAccountToken) continue;
      const key = tokenKey(serviceAccountToken);
      const current = options.group && fileOf(options.group, name, serviceAccountToken.path);
      if (current !== undefined && isYoung(current, options.now)) found.set(key, current);
      else wanted.set(key, serviceAccountToken);
    }
  }
  await Promise.all(
    [...wanted].map(async ([key, projection]) => {
      const token = await requestToken(client, pod, { projection, signal: options.signal });
      if (token !== undefined) found.set(key, token);
    }),
  );
  return (projection) => found.get(tokenKey(projection));
}

/** Undefined if there is no such account, or the API server makes no tokens. */
async function requestToken(
  client: Client,
  { metadata, spec }: Pod,
  { projection, signal }: { readonly projection: TokenProjection; readonly signal: AbortSignal },
): Promise<string | undefined> {
  const { audience, expirationSeconds = defaultExpirationSeconds } = projection;
  const account = spec.serviceAccountName ?? 'default';
  const request: TokenRequest = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    metadata: { namespace: metadata.namespace ?? '' },
    spec: {
      ...(audience ? { audiences: [audience] } : {}),
      expirationSeconds,
      boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: metadata.name ?? '', uid: metadata.uid ?? '' },
    },
  };
  try {
    const { status } = await client.create(tokens, request, { signal, below: { name: account, subresource: 'token' } });
    return status?.token;
  } catch (error) {
    if (error instanceof StatusError && (error.code === 404 || error.code === 405)) return undefined;
    throw error;
  }
}

/** Made by an account, and not kept. */
const tokens: Resource<TokenRequest> = {
  group: '',
  version: 'v1',
  plural: 'serviceaccounts',
  kind: 'TokenRequest',
  namespaced: true,
};

/** By the times in the token itself. */
function isYoung(token: string, nowMs: number): boolean {
  const { iat, exp } = claimsOf(token);
  if (iat === undefined || exp === undefined) return false;
  const ageMs = nowMs - iat * 1000;
  return ageMs < dayMs && ageMs < oldAt * (exp - iat) * 1000;
}

function claimsOf(token: string): { readonly iat?: number; readonly exp?: number } {
  try {
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as object;
  } catch {
    // Not a token: a new one is asked for.
    return {};
  }
}
