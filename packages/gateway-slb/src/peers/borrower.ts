import type { Activator, BackendLease } from '@ebb/activator';
import type { Clock } from '@ebb/base';
import type { ListenAddress } from '../http/listen.ts';
import { Link } from './link.ts';
import { Resting } from './resting.ts';
import { shareOf } from './shares.ts';
import type { FromLender } from './wire.ts';

export interface BorrowerOptions {
  readonly clock: Clock;
  readonly activator: () => Activator;
  readonly token: () => string | undefined;
  /** This gateway, and this life of it. */
  readonly name: string;
  readonly life: string;
}

/** Another gateway that lends slots. */
export interface LenderState {
  readonly life: string;
  readonly address: ListenAddress;
  /** It goes: what it has lent is to be taken over, and no more to be asked for. */
  readonly leaving: boolean;
}

/** One life of another gateway. */
interface Source {
  readonly name: string;
  readonly state: LenderState;
  readonly link: Link;
}

interface Ask {
  readonly id: number;
  readonly revision: string;
  readonly source: Source;
}

interface Loan {
  readonly source: Source;
  lease: BackendLease | undefined;
}

/** Slots asked for at a time, for one revision. */
const maxAsks = 64;
/** A source that could not help is left alone for so long, for that revision. */
const restMs = 50;

/** Gets slots from other gateways for requests that wait here. */
export class Borrower implements Disposable {
  readonly #options: BorrowerOptions;
  readonly #sources = new Map<string, Source>();
  readonly #asks = new Map<number, Ask>();
  readonly #asksOf = new Map<string, Ask[]>();
  readonly #loans = new Map<number, Loan>();
  /** By revision and source: until when it is left alone. */
  readonly #resting = new Resting();
  /** Revisions to look at; true: whatever was tried a moment ago. */
  readonly #dirty = new Map<string, boolean>();
  readonly #later = new Map<string, Disposable>();
  #target: readonly string[] = [];
  #nextId = 1;

  constructor(options: BorrowerOptions) {
    this.#options = options;
  }

  /**
   * What a revision needs may have changed. Looked at soon, once for all calls of this turn.
   * @param isNews There may be slots where there were none a moment ago.
   */
  demandChanged(revision: string, isNews: boolean): void {
    if (this.#sources.size === 0) return;
    if (this.#dirty.size === 0) queueMicrotask(() => this.#planAll());
    this.#dirty.set(revision, isNews || this.#dirty.get(revision) === true);
  }

  /** Takes in the list of gateways in force. */
  setTarget(target: readonly string[]): void {
    this.#target = target;
  }

  /**
   * Takes in who there is. What was borrowed of one that is gone or goes counts as this gateway's
   * own from now on.
   * @returns Gives back to those who go what is now accounted for here. To be called once others have been told so.
   */
  setLenders(lenders: ReadonlyMap<string, LenderState>): () => void {
    const handBack: (() => void)[] = [];
    for (const [name, source] of this.#sources) {
      const now = lenders.get(name);
      const isSame = now?.life === source.state.life;
      if (isSame && !now.leaving) continue;
      handBack.push(this.#takeOver(source, isSame));
      if (!isSame) this.#drop(source);
    }
    for (const [name, state] of lenders) {
      if (!this.#sources.has(name) && !state.leaving) this.#sources.set(name, this.#open(name, state));
    }
    return () => {
      for (const back of handBack) back();
    };
  }

  [Symbol.dispose](): void {
    for (const source of this.#sources.values()) source.link[Symbol.dispose]();
    for (const timer of this.#later.values()) timer[Symbol.dispose]();
    this.#sources.clear();
    this.#asksOf.clear();
  }

  #open(name: string, state: LenderState): Source {
    const { clock, token, name: own, life } = this.#options;
    const link = new Link({
      clock,
      address: state.address,
      hello: () => {
        const known = token();
        const held = [...this.#loans].filter(([, loan]) => loan.source.link === link).map(([id]) => id);
        return known === undefined ? undefined : { type: 'hello', token: known, name: own, life, held };
      },
      take: (message) => this.#take(name, message),
      changed: () => this.#linkChanged(name),
    });
    return { name, state, link };
  }

  #linkChanged(name: string): void {
    const source = this.#sources.get(name);
    const revisions = new Set<string>();
    for (const ask of this.#asks.values()) {
      if (ask.source.link !== source?.link) continue;
      this.#forget(ask);
      revisions.add(ask.revision);
    }
    for (const revision of [...revisions, ...this.#later.keys()]) this.demandChanged(revision, true);
  }

  #take(name: string, message: FromLender): void {
    const { id } = message;
    const ask = this.#asks.get(id);
    if (ask) this.#forget(ask);
    if (message.type === 'granted') this.#granted(name, ask, message);
    else if (ask) this.#rest(ask);
  }

  #granted(name: string, ask: Ask | undefined, { id, pod }: FromLender & { type: 'granted' }): void {
    const source = this.#sources.get(name);
    if (!source) return;
    const giveBack = (): void => source.link.send({ type: 'return', id });
    if (!ask || source.state.leaving) return giveBack();
    const loan: Loan = { source, lease: undefined };
    this.#loans.set(id, loan);
    const lease = this.#options.activator().borrow(ask.revision, pod, () => {
      if (this.#loans.delete(id)) giveBack();
      this.demandChanged(ask.revision, true);
    });
    if (lease) {
      loan.lease = lease;
      return;
    }
    this.#loans.delete(id);
    giveBack();
    this.#rest(ask);
  }

  /** Makes what a source has lent this gateway's own. */
  #takeOver(source: Source, isThere: boolean): () => void {
    const ids: number[] = [];
    for (const [id, loan] of this.#loans) {
      if (loan.source.link !== source.link) continue;
      loan.lease?.keep();
      this.#loans.delete(id);
      ids.push(id);
    }
    for (const ask of this.#asks.values()) {
      if (ask.source.link !== source.link) continue;
      source.link.send({ type: 'cancel', id: ask.id });
      this.#forget(ask);
      this.demandChanged(ask.revision, true);
    }
    this.#sources.set(source.name, { ...source, state: { ...source.state, leaving: true } });
    return () => {
      if (isThere) for (const id of ids) source.link.send({ type: 'return', id });
    };
  }

  #drop(source: Source): void {
    source.link[Symbol.dispose]();
    this.#sources.delete(source.name);
  }

  #planAll(): void {
    const revisions = [...this.#dirty];
    this.#dirty.clear();
    for (const [revision, isNews] of revisions) this.#plan(revision, isNews);
  }

  /** Asks for as many slots as requests wait, of those who have any; takes back what is asked for in vain. */
  #plan(revision: string, isNews: boolean): void {
    const demand = this.#options.activator().demandOf(revision);
    const asks = this.#asksOf.get(revision) ?? [];
    const wanted = Math.min(demand?.waiting ?? 0, maxAsks);
    for (const ask of asks.slice(wanted)) {
      ask.source.link.send({ type: 'cancel', id: ask.id });
      this.#forget(ask);
    }
    if (!demand || asks.length >= wanted || (!isNews && this.#later.has(revision))) return;
    const { containerConcurrency: limit, hasShare } = demand;
    const pods = demand.pods();
    const now = this.#options.clock.now();
    let missing = wanted - asks.length;
    for (const source of this.#shuffled(revision)) {
      if (!source.link.isOpen || source.state.leaving || this.#isResting(revision, source, now)) continue;
      const already = asks.filter((ask) => ask.source.link === source.link).length;
      const has = pods.reduce((sum, pod) => sum + shareOf(this.#target, source.name, limit, pod), 0);
      for (let left = Math.min(missing, has - already); left > 0; left--, missing--) {
        this.#ask(revision, source, hasShare);
      }
    }
    if (missing > 0) this.#planLater(revision);
  }

  /** Another one first each time. */
  #shuffled(revision: string): readonly Source[] {
    const sources = [...this.#sources.values()];
    const first = (this.#nextId + revision.length) % Math.max(1, sources.length);
    return [...sources.slice(first), ...sources.slice(0, first)];
  }

  #ask(revision: string, source: Source, spare: boolean): void {
    const ask: Ask = { id: this.#nextId++, revision, source };
    this.#asks.set(ask.id, ask);
    const asks = this.#asksOf.get(revision);
    if (asks) asks.push(ask);
    else this.#asksOf.set(revision, [ask]);
    source.link.send({ type: 'ask', id: ask.id, revision, spare });
  }

  #forget(ask: Ask): void {
    this.#asks.delete(ask.id);
    const rest = this.#asksOf.get(ask.revision)?.filter((each) => each !== ask) ?? [];
    if (rest.length > 0) this.#asksOf.set(ask.revision, rest);
    else this.#asksOf.delete(ask.revision);
  }

  #rest({ revision, source }: Ask): void {
    const now = this.#options.clock.now();
    this.#resting.rest(`${revision} ${source.name}`, now + restMs, now);
    this.demandChanged(revision, true);
  }

  #isResting(revision: string, { name }: Source, now: number): boolean {
    return this.#resting.has(`${revision} ${name}`, now);
  }

  #planLater(revision: string): void {
    if (this.#later.has(revision)) return;
    const timer = this.#options.clock.after(restMs, () => {
      this.#later.delete(revision);
      this.demandChanged(revision, true);
    });
    this.#later.set(revision, timer);
  }
}
