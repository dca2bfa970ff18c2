import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { KubeClient, KubernetesObject, Resource } from '@ebb/api';
import { type Clock, messageOf } from '@ebb/base';
import { HttpError } from './http-error.ts';
import { Kept } from './kept.ts';

export interface AccessOptions {
  /** Who brings it as bearer token may do everything. */
  readonly token: string;
  /** PEM text of the authority that signs client certificates. Default: none is accepted. */
  readonly clientCa?: string | undefined;
  /** The API server to ask who others are, and what they may do. Default: whoever has a certificate may do everything. */
  readonly reviews: KubeClient | undefined;
  readonly clock: Clock;
}

/** Who calls, as the API server knows him. */
interface User {
  readonly username: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

interface TokenReview extends KubernetesObject {
  readonly spec: { readonly token: string };
  readonly status?: { readonly authenticated?: boolean; readonly user?: User; readonly error?: string };
}

interface SubjectAccessReview extends KubernetesObject {
  readonly spec: {
    readonly user: string;
    readonly uid: string;
    readonly groups: readonly string[];
    readonly extra: Readonly<Record<string, readonly string[]>>;
    readonly resourceAttributes: Attributes;
  };
  readonly status?: { readonly allowed?: boolean; readonly reason?: string };
}

interface Attributes {
  readonly verb: string;
  readonly version: string;
  readonly resource: string;
  readonly name: string;
  readonly subresource: string;
}

const tokenReviews: Resource<TokenReview> = {
  group: 'authentication.k8s.io',
  version: 'v1',
  plural: 'tokenreviews',
  kind: 'TokenReview',
  namespaced: false,
};
const accessReviews: Resource<SubjectAccessReview> = {
  group: 'authorization.k8s.io',
  version: 'v1',
  plural: 'subjectaccessreviews',
  kind: 'SubjectAccessReview',
  namespaced: false,
};

/** How long answers of the API server hold (serverless-node.md, section 1.5). */
const tokenMs = 120_000;
const allowedMs = 300_000;
const deniedMs = 30_000;

const verbs: Readonly<Record<string, string>> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** Lets callers in or not, as a kubelet does: by client certificate or bearer token, and by what they may do with nodes. */
export class Access {
  readonly #options: AccessOptions;
  readonly #nodeName: string;
  readonly #users: Kept<User | undefined>;
  readonly #verdicts: Kept<boolean>;

  constructor(options: AccessOptions, nodeName: string) {
    this.#options = options;
    this.#nodeName = nodeName;
    this.#users = new Kept(options.clock);
    this.#verdicts = new Kept(options.clock);
  }

  /** Throws `HttpError` 401 for strangers, 403 for those who may not do that, 500 if the API server could not be asked. */
  async check(request: IncomingMessage, path: string): Promise<void> {
    const token = bearerToken(request);
    if (token !== undefined && sameText(token, this.#options.token)) return;
    const { reviews } = this.#options;
    const byCertificate = this.#certifiedUser(request);
    if (byCertificate && !reviews) return;
    const user = byCertificate ?? (reviews && token !== undefined ? await this.#tokenUser(reviews, token) : undefined);
    if (!user || !reviews) throw new HttpError(401, 'Unauthorized');
    const verb = verbs[request.method ?? ''] ?? '';
    const subresource = subresourceOf(path);
    if (await this.#isAllowed(reviews, user, { verb, subresource })) return;
    const text = `Forbidden (user=${user.username}, verb=${verb}, resource=nodes, subresource(s)=[${subresource}])`;
    throw new HttpError(403, text);
  }

  #certifiedUser({ socket }: IncomingMessage): User | undefined {
    if (this.#options.clientCa === undefined || !(socket instanceof TLSSocket) || !socket.authorized) return undefined;
    const { CN, O } = socket.getPeerCertificate().subject as { readonly CN?: string; readonly O?: string | string[] };
    const groups = O === undefined ? [] : [O].flat();
    return { username: CN ?? '', groups: [...groups, 'system:authenticated'] };
  }

  #tokenUser(reviews: KubeClient, token: string): Promise<User | undefined> {
    return this.#users.get(digest(token).toString('base64'), async () => {
      const review: TokenReview = { metadata: {}, spec: { token } };
      const { status } = await asked('Authentication', reviews.create(tokenReviews, review));
      return { value: status?.authenticated ? status.user : undefined, forMs: tokenMs };
    });
  }

  #isAllowed(
    reviews: KubeClient,
    { username, uid = '', groups = [], extra = {} }: User,
    { verb, subresource }: { readonly verb: string; readonly subresource: string },
  ): Promise<boolean> {
    const resourceAttributes = { verb, version: 'v1', resource: 'nodes', name: this.#nodeName, subresource };
    const spec = { user: username, uid, groups, extra, resourceAttributes };
    return this.#verdicts.get(JSON.stringify(spec), async () => {
      const { status } = await asked('Authorization', reviews.create(accessReviews, { metadata: {}, spec }));
      const value = status?.allowed === true;
      return { value, forMs: value ? allowedMs : deniedMs };
    });
  }
}

async function asked<T>(what: string, review: Promise<T>): Promise<T> {
  try {
    return await review;
  } catch (error) {
    throw new HttpError(500, `${what} error: ${messageOf(error)}`);
  }
}

/** Of what a node has a right to a path is: kubelets part them in this way. */
function subresourceOf(path: string): string {
  const [first = ''] = path.split('/').slice(1);
  if (first === 'stats') return 'stats';
  if (first === 'metrics') return 'metrics';
  if (first === 'logs') return 'log';
  return 'proxy';
}

function bearerToken({ headers }: IncomingMessage): string | undefined {
  const [, token] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
  return token;
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Compares in a time that tells nothing of where the texts differ. */
function sameText(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}
