import { createHash, createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { isObject, type JsonObject } from '../schema/json.ts';

/** What a token of a service account says. Times in seconds since the epoch. */
export interface TokenClaims {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly audiences: readonly string[];
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** The pod or other object that the token dies with. */
  readonly boundTo?: { readonly kind: string; readonly name: string; readonly uid: string };
  /** Of the token itself. Default: a new one. */
  readonly id?: string;
}

/** Who issues tokens, and whom they are for unless said otherwise. */
export const issuer = 'https://kubernetes.default.svc';

/** Issues tokens of service accounts, which outlive restarts as the server's own token does, and knows them again. */
export class ServiceAccountTokens {
  readonly #key: Buffer;

  /** @param secret The server's own token. */
  constructor(secret: string) {
    this.#key = createHash('sha256').update(`service account tokens ${secret}`).digest();
  }

  /** A JSON Web Token with the claims that those of Kubernetes have. */
  issue({ namespace, name, uid, audiences, issuedAt, expiresAt, boundTo, id = randomUUID() }: TokenClaims): string {
    const bound = boundTo ? { [boundTo.kind.toLowerCase()]: { name: boundTo.name, uid: boundTo.uid } } : {};
    const payload = {
      aud: audiences,
      exp: expiresAt,
      iat: issuedAt,
      nbf: issuedAt,
      iss: issuer,
      jti: id,
      sub: `system:serviceaccount:${namespace}:${name}`,
      'kubernetes.io': { namespace, serviceaccount: { name, uid }, ...bound },
    };
    const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(payload)}`;
    return `${text}.${this.#sign(text)}`;
  }

  /** What a token says; `undefined` if this server has not issued it, or it has expired. `now` in milliseconds. */
  verify(token: string, now: number): TokenClaims | undefined {
    const [head = '', payload = '', signature = ''] = token.split('.');
    const [given, wanted] = [signature, this.#sign(`${head}.${payload}`)].map((text) => Buffer.from(text));
    if (!given || !wanted || given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined;
    const claims = claimsOf(JSON.parse(Buffer.from(payload, 'base64url').toString()) as JsonObject);
    return claims.expiresAt * 1000 > now ? claims : undefined;
  }

  #sign(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64url');
  }
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The signature says that the payload is one of ours. */
function claimsOf(payload: JsonObject): TokenClaims {
  const { namespace, serviceaccount, ...bound } = payload['kubernetes.io'] as {
    namespace: string;
    serviceaccount: { name: string; uid: string };
  } & Record<string, unknown>;
  const [kind, object] = Object.entries(bound)[0] ?? [];
  return {
    namespace,
    ...serviceaccount,
    audiences: payload['aud'] as string[],
    issuedAt: payload['iat'] as number,
    expiresAt: payload['exp'] as number,
    id: payload['jti'] as string,
    ...(kind !== undefined && isObject(object)
      ? { boundTo: { kind, name: object['name'] as string, uid: object['uid'] as string } }
      : {}),
  };
}
