import { createHash } from 'node:crypto';
import type { Affinity } from '../edge/edge-settings.ts';
import type { ResponseHead } from '../http/downstream.ts';
import { HeaderList } from '../http/header-block.ts';
import type { RequestHead } from '../http/request-head.ts';

/** Instances whose names are kept in the form cookies have. */
const maxKnown = 10_000;
const known = new Map<string, string>();

/** What stands before the value of an app's cookie. */
const markPattern = /^([\da-f]{16})~/;

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
export interface Binding {
  /** Whether the client has been with this instance; undefined if it has been with none. */
  readonly prefers: ((instance: string) => boolean) | undefined;
  /** The instance that has the request. */
  chosen(instance: string): void;
  /** Headers that bind the client anew: name, value. */
  headers(): readonly string[];
  /** The instance's answer as the client is to see it. */
  answer(response: ResponseHead): ResponseHead;
}

/** Binds a client by a cookie of the gateway's own, or by one of the app's. */
export function createBinding(affinity: Affinity, head: RequestHead, isSecure: boolean): Binding {
  return affinity.kind === 'insert' ? new InsertBinding(affinity, head, isSecure) : new RewriteBinding(affinity, head);
}

/** A cookie of the gateway's own. */
class InsertBinding implements Binding {
  readonly prefers: ((instance: string) => boolean) | undefined;
  readonly #affinity: Affinity & { kind: 'insert' };
  readonly #token: string | undefined;
  readonly #isSecure: boolean;
  #instance: string | undefined;

  constructor(affinity: Affinity & { kind: 'insert' }, head: RequestHead, isSecure: boolean) {
    this.#affinity = affinity;
    this.#token = cookieIn(head.header('cookie'), affinity.cookie);
    this.prefers = preferenceFor(this.#token);
    this.#isSecure = isSecure;
  }

  chosen(instance: string): void {
    this.#instance = instance;
  }

  headers(): readonly string[] {
    if (this.#instance === undefined) return [];
    const token = tokenOf(this.#instance);
    if (token === this.#token) return [];
    const { cookie, maxAgeSeconds } = this.#affinity;
    const secure = this.#isSecure ? '; Secure' : '';
    return ['Set-Cookie', `${cookie}=${token}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${secure}`];
  }

  answer(response: ResponseHead): ResponseHead {
    return response;
  }
}

/**
 * A cookie of the app's: on its way to the client its value gets a token of the instance in front, `<token>~<value>`, and loses it on
 * its way back. The app sees its own value only.
 */
class RewriteBinding implements Binding {
  readonly prefers: ((instance: string) => boolean) | undefined;
  readonly #start: string;
  #instance: string | undefined;

  constructor({ cookie }: Affinity, head: RequestHead) {
    this.#start = `${cookie}=`;
    const token = markPattern.exec(cookieIn(head.header('cookie'), cookie) ?? '')?.[1];
    this.prefers = preferenceFor(token);
    if (token === undefined) return;
    const unmark = (pair: string): string => {
      const at = pair.indexOf('=') + 1;
      return pair.slice(0, at).trimStart() === this.#start
        ? pair.slice(0, at) + pair.slice(at).replace(markPattern, '')
        : pair;
    };
    head.headers = mapped(head.headers.list(), 'cookie', (line) => line.split(';').map(unmark).join(';'));
  }

  chosen(instance: string): void {
    this.#instance = instance;
  }

  headers(): readonly string[] {
    return [];
  }

  answer(response: ResponseHead): ResponseHead {
    const instance = this.#instance;
    if (instance === undefined) return response;
    const list = response.headers.list();
    const start = this.#start;
    const setsIt = (name: string, value: string): boolean => isSetCookie(name) && value.startsWith(start);
    if (!list.some((name, i) => i % 2 === 0 && setsIt(name, list[i + 1] ?? ''))) return response;
    const mark = (value: string): string =>
      value.startsWith(start) ? `${start}${tokenOf(instance)}~${value.slice(start.length)}` : value;
    // What was worked out for the other head does not hold for this one.
    return { ...response, headers: mapped(list, 'set-cookie', mark), lines: undefined, fields: undefined };
  }
}

const isSetCookie = (name: string): boolean => name.length === 10 && name.toLowerCase() === 'set-cookie';

/** The list with the values of one header put through `map`. */
function mapped(list: readonly string[], name: string, map: (value: string) => string): HeaderList {
  return new HeaderList(list.map((text, i) => (i % 2 === 1 && list[i - 1]?.toLowerCase() === name ? map(text) : text)));
}

function preferenceFor(token: string | undefined): Binding['prefers'] {
  return token === undefined ? undefined : (instance) => tokenOf(instance) === token;
}

/** @param header All cookies: lines are joined by commas, which no cookie has in it. */
function cookieIn(header: string | undefined, name: string): string | undefined {
  for (const pair of header?.split(/[;,]/) ?? []) {
    const at = pair.indexOf('=');
    if (at !== -1 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}
