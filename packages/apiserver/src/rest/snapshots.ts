import { randomBytes } from 'node:crypto';
import { type ListMeta, StatusError } from '@ebb/api';
import type { Clock } from '@ebb/base';
import type { StoredObject } from '../store/stored-object.ts';
import { badRequest } from './errors.ts';

/** One page of a list. */
export interface Page {
  readonly objects: readonly StoredObject[];
  readonly metadata: ListMeta;
}

interface FirstPage {
  readonly revision: number;
  /** Whether pages tell how many objects come after them; those of selected objects do not. */
  readonly counted: boolean;
}

interface Snapshot extends FirstPage {
  readonly objects: readonly StoredObject[];
  readonly takenMs: number;
}

interface Token {
  /** Revision of the snapshot; -1 for a list that goes on with what is there now. */
  readonly v: number;
  readonly id: string;
  /** Namespace and name of the last object shown. */
  readonly ns: string;
  readonly n: string;
}

const maxSnapshots = 64;
const maxAgeMs = 5 * 60_000;

/**
 * Lists that clients read page by page. A snapshot holds on to the objects of its moment, so there are at most 64 and
 * none older than five minutes; a client that comes back later gets 410 with a token to go on without.
 */
export class Snapshots {
  readonly #clock: Clock;
  readonly #snapshots = new Map<string, Snapshot>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The first page of a list; `limit` 0 for all of it. */
  first(objects: readonly StoredObject[], limit: number, { revision, counted }: FirstPage): Page {
    if (limit === 0 || objects.length <= limit) return { objects, metadata: { resourceVersion: String(revision) } };
    const id = randomBytes(9).toString('base64url');
    this.#evict();
    const snapshot = { objects, revision, counted, takenMs: this.#clock.now() };
    this.#snapshots.set(id, snapshot);
    return this.#page(id, snapshot, 0, limit);
  }

  /** The page that a `continue` token stands for; `now` lists afresh. Throws `BadRequest` or `Expired`. */
  next(token: string, limit: number, now: () => readonly StoredObject[]): Page {
    const { v: revision, id, ns, n } = parseToken(token);
    this.#evict();
    if (revision < 0) return this.#inconsistent(now(), { ns, n }, limit);
    const snapshot = this.#snapshots.get(id);
    if (!snapshot) throw expired(tokenOf({ v: -1, id: '', ns, n }));
    return this.#page(id, snapshot, after(snapshot.objects, ns, n), limit);
  }

  #page(id: string, { objects, revision, counted }: Snapshot, from: number, limit: number): Page {
    const end = limit === 0 ? objects.length : from + limit;
    const metadata = { resourceVersion: String(revision) };
    const last = objects[end - 1];
    if (end >= objects.length || !last) {
      this.#snapshots.delete(id);
      return { objects: objects.slice(from), metadata };
    }
    const token = tokenOf({ v: revision, id, ns: last.namespace, n: last.name });
    return {
      objects: objects.slice(from, end),
      metadata: { ...metadata, continue: token, ...(counted ? { remainingItemCount: objects.length - end } : {}) },
    };
  }

  #inconsistent(objects: readonly StoredObject[], { ns, n }: Pick<Token, 'ns' | 'n'>, limit: number): Page {
    const rest = objects.slice(after(objects, ns, n));
    const revision = Math.max(0, ...rest.map((object) => object.revision));
    return this.first(rest, limit, { revision, counted: false });
  }

  #evict(): void {
    const oldest = this.#clock.now() - maxAgeMs;
    for (const [id, { takenMs }] of this.#snapshots) {
      if (takenMs >= oldest && this.#snapshots.size < maxSnapshots) return;
      this.#snapshots.delete(id);
    }
  }
}

/** Index of the first object after that namespace and name, by halving. */
function after(objects: readonly StoredObject[], namespace: string, name: string): number {
  let low = 0;
  let high = objects.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const object = objects[middle];
    const isAfter =
      object !== undefined && (object.namespace > namespace || (object.namespace === namespace && object.name > name));
    if (isAfter) high = middle;
    else low = middle + 1;
  }
  return low;
}

function tokenOf(token: Token): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

function parseToken(text: string): Token {
  try {
    const { v, id, ns, n } = JSON.parse(Buffer.from(text, 'base64url').toString()) as Record<string, unknown>;
    if (typeof v === 'number' && typeof id === 'string' && typeof ns === 'string' && typeof n === 'string')
      return { v, id, ns, n };
  } catch {
    // Falls through: whatever it was, it is no token of ours.
  }
  throw badRequest('continue key is not valid: illegal continue token');
}

function expired(continueToken: string): StatusError {
  return new ExpiredList(continueToken);
}

/** 410 for a list that cannot go on; its Status brings a token to go on with what is there now. */
class ExpiredList extends StatusError {
  readonly #continue: string;

  constructor(continueToken: string) {
    super(
      'Expired',
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the ' +
        'continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing ' +
        'with the provided token results in an inconsistent list - objects that were created, modified, or deleted between ' +
        'the time the first chunk was returned and now may show up in the list.',
    );
    this.#continue = continueToken;
  }

  override toStatus(): ReturnType<StatusError['toStatus']> {
    return { ...super.toStatus(), metadata: { continue: this.#continue } };
  }
}
