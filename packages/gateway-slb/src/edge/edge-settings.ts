import type { Scheduler } from '@ebb/activator';
import { messageOf } from '@ebb/base';
import { type AccessRules, AddressList } from './address-list.ts';
import { type TlsPolicyName, defaultTlsPolicy, isTlsPolicy, tlsPolicies } from './tls-policies.ts';

/**
 * A cookie that brings a client back to the instance it had before.
 *
 * - `insert`: one of the gateway's own.
 * - `server`: one that the app sets; its value tells the instance besides.
 */
export type Affinity =
  | { readonly kind: 'insert'; readonly cookie: string; readonly maxAgeSeconds: number }
  | { readonly kind: 'server'; readonly cookie: string };

/** What a load balancer is told in annotations of its Service. */
export interface EdgeSettings {
  readonly tlsPolicy: TlsPolicyName;
  /** HTTP/2 is offered to clients that speak TLS. */
  readonly http2: boolean;
  readonly access: AccessRules;
  /** A load balancer in front says with the PROXY protocol who connects. */
  readonly proxyProtocol: boolean;
  /** Load balancers that may say so; undefined: whoever connects. Others are not let in. */
  readonly proxySources: AddressList | undefined;
  /** Plain HTTP is redirected to https, whatever the Ingress says. */
  readonly httpsOnly: boolean;
  /** Time a connection without a request is kept, in milliseconds; undefined: the gateway's own. */
  readonly idleMs: number | undefined;
  /** Most time until a response begins, in milliseconds, if the revision does not want less; undefined: as the revision says. */
  readonly requestMs: number | undefined;
  readonly affinity: Affinity | undefined;
  /** How instances are chosen; undefined: as the container concurrency of each revision has it. */
  readonly scheduler: Scheduler | undefined;
  /** Proxies in front, whose X-Forwarded-For is believed, and nobody else's; undefined: what comes is passed on. */
  readonly trustedProxies: AddressList | undefined;
  /** Headers that tell an instance of the connection. */
  readonly forwarded: { readonly slbPort: boolean; readonly clientPort: boolean };
}

export const defaultEdgeSettings: EdgeSettings = {
  tlsPolicy: defaultTlsPolicy,
  http2: true,
  access: {},
  proxyProtocol: false,
  proxySources: undefined,
  httpsOnly: false,
  idleMs: undefined,
  requestMs: undefined,
  affinity: undefined,
  scheduler: undefined,
  trustedProxies: undefined,
  forwarded: { slbPort: false, clientPort: false },
};

/** What was read, and what is to be told to whoever wrote it. */
export interface ReadSettings {
  readonly settings: EdgeSettings;
  /** Values that make no sense, or entries of lists, each with key, value and what it must be; they count as not there. */
  readonly faults: readonly string[];
  /** Annotations of a load balancer that mean nothing here. */
  readonly ignored: readonly string[];
}

const prefixes = [
  'service.beta.kubernetes.io/alibaba-cloud-loadbalancer-',
  'service.beta.kubernetes.io/alicloud-loadbalancer-',
];
/** Ebb's own: the entries of the list that `acl-id` names in a cloud, separated by commas. */
const entriesKey = 'ebb.dev/acl-entries';
/** Ebb's own: addresses of the proxies in front, separated by commas. */
const proxiesKey = 'ebb.dev/trusted-proxies';
/** Ebb's own: addresses of the load balancers that speak the PROXY protocol, separated by commas. */
const sourcesKey = 'ebb.dev/proxy-protocol-sources';

/** Reads the annotations that CCM has for load balancers (serverless-node.md, section 5.5). */
export function readEdgeSettings(annotations: Readonly<Record<string, string>> = {}): ReadSettings {
  const reader = new Reader(annotations);
  const settings: EdgeSettings = {
    tlsPolicy: reader.read('tls-cipher-policy', parsePolicy) ?? defaultTlsPolicy,
    http2: reader.isOn('http2-enabled', true),
    access: readAccess(reader, annotations[entriesKey]),
    proxyProtocol: reader.isOn('proxy-protocol', false),
    proxySources: readList(reader, sourcesKey, annotations[sourcesKey]),
    httpsOnly: reader.read('forward-port', parseForward) ?? false,
    idleMs: reader.read('idle-timeout', seconds(1, 3600)),
    requestMs: reader.read('request-timeout', seconds(1, 3600)),
    affinity: readAffinity(reader),
    scheduler: reader.read('scheduler', parseScheduler),
    trustedProxies: readList(reader, proxiesKey, annotations[proxiesKey]),
    forwarded: {
      slbPort: reader.isOn('xforwardedfor-slbport', false),
      clientPort: reader.isOn('xforwardedfor-clientsrcport', false),
    },
  };
  // What they ask for is always so.
  for (const name of ['xforwardedfor-proto', 'protocol-port', 'connection-drain', 'connection-drain-timeout'])
    reader.use(name);
  return { settings, faults: reader.faults, ignored: reader.ignored() };
}

function readAccess(reader: Reader, entries: string | undefined): AccessRules {
  const isOn = reader.isOn('acl-status', false);
  const type = reader.read('acl-type', oneOf('white', 'black')) ?? 'black';
  reader.use('acl-id');
  if (!isOn) return {};
  const list = readList(reader, entriesKey, entries);
  // An empty list lets everybody in (serverless-node.md, section 5.4).
  if (!list || entriesIn(entries).length === 0) return {};
  return { [type === 'white' ? 'allow' : 'deny']: list };
}

/** Without the entries that make no sense: a slip in one of them opens no door that the others keep shut. */
function readList(reader: Reader, key: string, text: string | undefined): AddressList | undefined {
  if (text === undefined) return undefined;
  return new AddressList(entriesIn(text).filter((entry) => reader.attempt(key, entry, () => new AddressList([entry]))));
}

function entriesIn(text = ''): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

function readAffinity(reader: Reader): Affinity | undefined {
  const isOn = reader.isOn('sticky-session', false);
  const type = reader.read('sticky-session-type', oneOf('insert', 'server')) ?? 'insert';
  const maxAgeMs = reader.read('cookie-timeout', seconds(1, 86_400)) ?? 1_000_000;
  const cookie = reader.read('cookie', parseCookieName);
  if (!isOn) return undefined;
  if (type === 'insert') return { kind: type, cookie: 'SERVERID', maxAgeSeconds: maxAgeMs / 1000 };
  return reader.attempt('sticky-session-type', type, () => {
    if (cookie === undefined) throw new Error('the annotation `cookie` must name the cookie of the app');
    return { kind: type, cookie };
  });
}

type Parse<T> = (text: string) => T;

class Reader {
  readonly faults: string[] = [];
  readonly #annotations: Readonly<Record<string, string>>;
  readonly #used = new Set<string>();

  constructor(annotations: Readonly<Record<string, string>>) {
    this.#annotations = annotations;
  }

  /** Counts as known. */
  use(name: string): string | undefined {
    this.#used.add(name);
    for (const prefix of prefixes)
      if (this.#annotations[prefix + name] !== undefined) return this.#annotations[prefix + name];
    return undefined;
  }

  read<T>(name: string, parse: Parse<T>): T | undefined {
    const text = this.use(name)?.trim();
    return text === undefined ? undefined : this.attempt(name, text, parse);
  }

  isOn(name: string, otherwise: boolean): boolean {
    return (this.read(name, oneOf('on', 'off')) ?? (otherwise ? 'on' : 'off')) === 'on';
  }

  attempt<T>(name: string, text: string, parse: Parse<T>): T | undefined {
    try {
      return parse(text);
    } catch (error) {
      this.faults.push(`${name} = ${JSON.stringify(text)}: ${messageOf(error)}`);
      return undefined;
    }
  }

  ignored(): string[] {
    return Object.keys(this.#annotations).filter((key) => {
      const prefix = prefixes.find((known) => key.startsWith(known));
      return prefix !== undefined && !this.#used.has(key.slice(prefix.length));
    });
  }
}

function oneOf<const T extends string>(...words: T[]): Parse<T> {
  return (text) => {
    const word = words.find((known) => known === text.toLowerCase());
    if (word === undefined) throw new Error(`must be ${words.join(' or ')}`);
    return word;
  };
}

/** A number of seconds, as milliseconds. */
function seconds(least: number, most: number): Parse<number> {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new Error(`must be a number of seconds from ${least} to ${most}`);
    return value * 1000;
  };
}

function parsePolicy(text: string): TlsPolicyName {
  if (!isTlsPolicy(text)) throw new Error(`must be one of ${Object.keys(tlsPolicies).join(', ')}`);
  return text;
}

function parseForward(text: string): true {
  if (!/^\d+:\d+$/.test(text)) throw new Error('must be two ports, as 80:443');
  return true;
}

/** No instance has a weight: with or without it is the same. */
function parseScheduler(text: string): Scheduler {
  return oneOf('rr', 'wrr', 'wlc')(text) === 'wlc' ? 'least-busy' : 'round-robin';
}

function parseCookieName(text: string): string {
  if (!/^[\w!#$%&'*+.^`|~-]{1,200}$/.test(text))
    throw new Error('must be the name of a cookie, of up to 200 characters');
  return text;
}
