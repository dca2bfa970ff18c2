import { shareOf } from './shares.ts';

/** What a gateway says of itself to the others, on its Lease. */
export interface Announcement {
  /** Which life of the gateway speaks, and the how-many-th list it has announced in it: `4f1c09aa.3`. */
  readonly id: string;
  /** The list of gateways (`viewOf`) whose shares it keeps to from now on. */
  readonly view: string;
  /** The announcements it had seen of others when it said so: `id` by name. */
  readonly seen: Readonly<Record<string, string>>;
  /** Pods of which it still uses more than its share of that list, `*` for all: for these it has promised nothing yet. */
  readonly except: readonly string[];
  /** It goes, and is to be left out of lists. */
  readonly leaving?: boolean | undefined;
}

/** Stands for all pods, where there are too many to name on a Lease. */
const allPods = '*';
const maxNamed = 500;

/** A list of gateways, as text. */
export function viewOf(gateways: readonly string[]): string {
  return gateways.join(',');
}

/** The life of a gateway that an announcement is from. */
export function lifeOf({ id }: Announcement): string {
  return id.slice(0, id.lastIndexOf('.'));
}

/** The other gateways that are alive, by name; those not heard of yet have said nothing. */
export type Others = ReadonlyMap<string, Announcement | undefined>;

export interface AgreementOptions {
  readonly name: string;
  /** Tells this life of the gateway from those before. */
  readonly life: string;
  /** Pods of which more slots are taken here than this share has it. */
  readonly overUsed: (share: (pod: string, containerConcurrency: number) => number) => readonly string[];
}

/**
 * Divides slots among gateways that hear of each other late and in different order, so that all together never use more than a
 * pod has.
 *
 * To announce a list is to promise to keep within one's share of it. A gateway keeps within its shares of all lists it has announced,
 * and so begins with none, until every other one alive has announced the same list *in answer to its own announcement*: then it
 * uses its share of that list in full. Whoever does so has everybody's promise, and nobody can be released from it but by another
 * list that this gateway has announced in its turn. So there is at each moment one list that all keep within.
 *
 * Pods of which a gateway still uses more than its share are left out of its promise by name. They stay as they were, for all, until it
 * has come down; everything else goes ahead.
 */
export class Agreement {
  readonly #options: AgreementOptions;
  /** Lists announced since the last one agreed upon, that one first. */
  #bounds: readonly (readonly string[])[] = [[]];
  #target: readonly string[] = [];
  #count = 0;
  #agreed = false;
  #leaving = false;
  #own: Announcement;
  #excepted: ReadonlySet<string> = new Set();

  constructor(options: AgreementOptions) {
    this.#options = options;
    this.#own = { id: `${options.life}.0`, view: '', seen: {}, except: [] };
  }

  /** What is to be told to the others now. */
  get announcement(): Announcement {
    return this.#own;
  }

  /** The list in force, or about to be. */
  get target(): readonly string[] {
    return this.#target;
  }

  /** Asks to be left out: the share is nothing from now on. */
  leave(): void {
    this.#leaving = true;
  }

  /** How many slots of a pod this gateway may use. */
  allowed(pod: string, containerConcurrency: number): number {
    const { name } = this.#options;
    const share = (gateways: readonly string[]): number => shareOf(gateways, name, containerConcurrency, pod);
    if (this.#agreed && !this.#excepted.has(pod) && !this.#excepted.has(allPods)) return share(this.#target);
    return Math.min(...this.#bounds.map(share));
  }

  /**
   * Takes in what is known of the others.
   * @param published This gateway's own announcement as the others can see it.
   * @returns True if the shares may have changed.
   */
  step(others: Others, published: Announcement | undefined): boolean {
    const before = { bounds: this.#bounds, agreed: this.#agreed, excepted: this.#excepted };
    this.#aim(others);
    this.#announce(others);
    this.#agree(others, published);
    return (
      before.bounds !== this.#bounds || before.agreed !== this.#agreed || !sameSet(before.excepted, this.#excepted)
    );
  }

  #aim(others: Others): void {
    const staying = [...others].filter(([, announcement]) => !announcement?.leaving).map(([name]) => name);
    const target = [...staying, ...(this.#leaving ? [] : [this.#options.name])].toSorted();
    if (this.#count > 0 && viewOf(target) === viewOf(this.#target)) return;
    this.#target = target;
    this.#bounds = [...this.#bounds, target];
    this.#agreed = false;
    this.#count++;
  }

  #announce(others: Others): void {
    const { name, life, overUsed } = this.#options;
    const seen: Record<string, string> = {};
    for (const [other, announcement] of others) if (announcement) seen[other] = announcement.id;
    const over = overUsed((pod, limit) => shareOf(this.#target, name, limit, pod));
    const except = over.length > maxNamed ? [allPods] : over.toSorted();
    const leaving = this.#leaving ? { leaving: true } : {};
    const next: Announcement = {
      id: `${life}.${this.#count}`,
      view: viewOf(this.#target),
      seen,
      except,
      ...leaving,
    };
    if (JSON.stringify(next) !== JSON.stringify(this.#own)) this.#own = next;
  }

  #agree(others: Others, published: Announcement | undefined): void {
    const { name } = this.#options;
    const { id, view, except } = this.#own;
    const excepted = new Set(except);
    // Those who see this gateway for the first time must have been able to before it takes anything as settled.
    let agreed = published?.id === id;
    for (const announcement of others.values()) {
      if (announcement?.view !== view || announcement.seen[name] !== id) agreed = false;
      for (const pod of announcement?.except ?? []) excepted.add(pod);
    }
    this.#agreed ||= agreed;
    // Who has gone on to another list no longer speaks of this one: what was excepted stays so.
    if (!agreed) for (const pod of this.#excepted) excepted.add(pod);
    this.#excepted = excepted;
    if (agreed && excepted.size === 0 && this.#bounds.length > 1) this.#bounds = [this.#target];
  }
}

function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((each) => b.has(each));
}
