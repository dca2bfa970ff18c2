import { createHash } from 'node:crypto';
import type { Affinity } from '../edge/edge-settings.ts';
import type { RequestHead } from '../http/request-head.ts';

/** Instances whose names are kept in the form cookies have. */
const maxKnown = 10_000;
const known = new Map<string, string>();

/** What a cookie says of an instance: nothing that tells of the inside. */
function tokenOf(instance: string): string {
  const before = known.get(instance);
  if (before !== undefined) return before;
  const token = createHash('sha256').update(instance).digest('hex').slice(0, 16);
  if (known.size >= maxKnown) known.clear();
  known.set(instance, token);
  return token;
}

/** The instance one client is bound to, for the time of one request. */
export class Binding {
  readonly #affinity: Affinity;
  readonly #token: string | undefined;
  readonly #isSecure: boolean;
  #instance: string | undefined;

  constructor(affinity: Affinity, head: RequestHead, isSecure: boolean) {
    this.#affinity = affinity;
    this.#token = cookieIn(head.header('cookie'), affinity.cookie);
    this.#isSecure = isSecure;
  }

  /** Whether the client has been with this instance; undefined if it has been with none. */
  get prefers(): ((instance: string) => boolean) | undefined {
    const token = this.#token;
    return token === undefined ? undefined : (instance) => tokenOf(instance) === token;
  }

  /** The instance that has the request. */
  chosen(instance: string): void {
    this.#instance = instance;
  }

  /** The header that binds the client anew, if it is not bound to this instance already: name and value. */
  headers(): readonly string[] {
    if (this.#instance === undefined) return [];
    const token = tokenOf(this.#instance);
    if (token === this.#token) return [];
    const { cookie, maxAgeSeconds } = this.#affinity;
    const secure = this.#isSecure ? '; Secure' : '';
    return ['Set-Cookie', `${cookie}=${token}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${secure}`];
  }
}

function cookieIn(header: string | undefined, name: string): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const [key, value] = pair.split('=', 2);
    if (key?.trim() === name) return value?.trim();
  }
  return undefined;
}
