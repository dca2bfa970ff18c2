import type { Certificate } from './certificate.ts';

/** Which hosts show the certificate of a Secret. */
export interface TlsEntry {
  /** In lower case; `*.example.com` stands for one label. Empty: those the certificate itself names. */
  readonly hosts: readonly string[];
  /** `namespace/name`. */
  readonly secret: string;
}

/** Who says so: the first to claim a host has it, as with its routes. */
export interface TlsOwner {
  readonly key: string;
  readonly createdAt: string;
}

interface Claim {
  readonly owner: TlsOwner;
  readonly secret: string;
}

/**
 * Which certificate is shown to a client that asks for a host (SNI): the one claimed for that very host, one for a wildcard over
 * it, or the default. Changes are live with the next handshake; one lookup costs the same however many there are.
 */
export class CertificateStore {
  /** Shown where there is no other. */
  default: Certificate | undefined;
  readonly #claims = new Map<string, Claim[]>();
  readonly #hostsOf = new Map<string, readonly (readonly [host: string, secret: string])[]>();
  readonly #entries = new Map<string, { readonly owner: TlsOwner; readonly entries: readonly TlsEntry[] }>();
  readonly #certificates = new Map<string, Certificate>();

  /** What an owner says, in place of what it said before; nothing, once it is gone. */
  setEntries(owner: TlsOwner, entries: readonly TlsEntry[]): void {
    if (entries.length > 0) this.#entries.set(owner.key, { owner, entries });
    else this.#entries.delete(owner.key);
    this.#claimAnew(owner);
  }

  /** The certificate of a Secret; undefined once there is none. */
  setCertificate(secret: string, certificate: Certificate | undefined): void {
    if (certificate) this.#certificates.set(secret, certificate);
    else this.#certificates.delete(secret);
    for (const { owner, entries } of this.#entries.values()) {
      // Only what a certificate says of itself may have changed.
      if (entries.some((entry) => entry.secret === secret && entry.hosts.length === 0)) this.#claimAnew(owner);
    }
  }

  /** What to show to a client that asks for this host; undefined if there is nothing. */
  certificateFor(host: string): Certificate | undefined {
    // Some send the dot of the root, though they should not (RFC 6066, section 3).
    const name = host.toLowerCase().replace(/\.$/, '');
    return this.#at(name) ?? this.#at(`*${name.slice(Math.max(0, name.indexOf('.')))}`) ?? this.default;
  }

  /** A claim whose Secret has no certificate leaves the host to the next. */
  #at(name: string): Certificate | undefined {
    for (const { secret } of this.#claims.get(name) ?? []) {
      const certificate = this.#certificates.get(secret);
      if (certificate) return certificate;
    }
    return undefined;
  }

  #claimAnew(owner: TlsOwner): void {
    for (const [host] of this.#hostsOf.get(owner.key) ?? []) this.#drop(host, owner);
    const hosts = (this.#entries.get(owner.key)?.entries ?? []).flatMap(({ hosts: named, secret }) => {
      const all = named.length > 0 ? named : (this.#certificates.get(secret)?.names ?? []);
      return all.map((host) => [host.toLowerCase(), secret] as const);
    });
    if (hosts.length > 0) this.#hostsOf.set(owner.key, hosts);
    else this.#hostsOf.delete(owner.key);
    for (const [host, secret] of hosts) {
      const claims = [...(this.#claims.get(host) ?? []), { owner, secret }];
      this.#claims.set(host, claims.sort(byAge));
    }
  }

  #drop(host: string, { key }: TlsOwner): void {
    const left = (this.#claims.get(host) ?? []).filter(({ owner }) => owner.key !== key);
    if (left.length > 0) this.#claims.set(host, left);
    else this.#claims.delete(host);
  }
}

function byAge({ owner: a }: Claim, { owner: b }: Claim): number {
  return Date.parse(a.createdAt) - Date.parse(b.createdAt) || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
}
