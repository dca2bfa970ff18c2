import type { Activator, Sharing } from '@ebb/activator';
import { resources, systemNamespace } from '@ebb/api';
import { type Clock, type Logger, formatAddress } from '@ebb/base';
import { type KubeClient, type Presence, createInformer } from '@ebb/kube';
import type { ListenAddress } from '../http/listen.ts';
import { gatewayLease, gatewaySelector } from '../kubernetes/gateway-lease.ts';
import { Agreement, type Announcement, lifeOf } from './agreement.ts';
import { Borrower, type LenderState } from './borrower.ts';
import { Lender } from './lender.ts';
import { Roll, annotateShares } from './roll.ts';

export interface SlotSharingOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of the gateway. */
  readonly name: string;
  /** Tells this life of the gateway from those before: no two are ever the same. */
  readonly life: string;
  /** What gateways prove themselves to each other with; while undefined, none lends or borrows. */
  readonly token: () => string | undefined;
}

/** Between two looks at whose Lease has run out. */
const calmMs = 500;
/** Between two looks at whether a pod's requests are within the share. */
const busyMs = 20;

/**
 * This gateway's part in `containerConcurrency` over several gateways: which slots are its own, and how it gets at those of others.
 */
export class SlotSharing implements Sharing, AsyncDisposable {
  readonly #options: SlotSharingOptions;
  readonly #lease: string;
  readonly #agreement: Agreement;
  readonly #roll: Roll;
  readonly #lender: Lender;
  readonly #borrower: Borrower;
  #activator: Activator | undefined;
  #presence: Presence | undefined;
  #told: string;
  /** To be called once the others can read what was said before. */
  #whenTold: (() => void)[] = [];
  #timer: Disposable | undefined;
  #isOver = false;
  #hosts: ReadonlySet<string> = new Set();
  #look = (): void => {};

  constructor(options: SlotSharingOptions) {
    const { clock, logger, name, life, token } = options;
    const activator = (): Activator => this.#known();
    this.#options = options;
    this.#lease = gatewayLease(name);
    this.#agreement = new Agreement({
      name: this.#lease,
      life,
      overUsed: (share) => this.#known().overUsed(share),
    });
    this.#told = JSON.stringify(this.#agreement.announcement);
    this.#roll = new Roll(clock, this.#lease);
    this.#lender = new Lender({ clock, logger, activator, token });
    this.#borrower = new Borrower({ clock, activator, token, name: this.#lease, life });
  }

  /** Where the other gateways are. */
  get hosts(): ReadonlySet<string> {
    return this.#hosts;
  }

  /** To be called before anything else is. */
  attach(activator: Activator): void {
    this.#activator = activator;
  }

  shareOf(pod: string, containerConcurrency: number): number {
    return this.#agreement.allowed(pod, containerConcurrency);
  }

  demandChanged(revisionKey: string, podsChanged: boolean): void {
    this.#borrower.demandChanged(revisionKey, podsChanged);
  }

  /** Opens the place where others get slots. Rejects with a `UserError` if it cannot listen. */
  listen(address: ListenAddress): Promise<ListenAddress> {
    return this.#lender.listen(address);
  }

  /** What this gateway's Lease says from the start. @param lending Where others reach the place opened by `listen`. */
  annotations(lending: ListenAddress): Record<string, string> {
    return annotateShares(this.#agreement.announcement, formatAddress(lending));
  }

  /** Keeps in agreement with the others until aborted. */
  async run(presence: Presence, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    const { client, clock, logger } = this.#options;
    this.#presence = presence;
    const leases = createInformer(client, resources.leases, {
      namespace: systemNamespace,
      labelSelector: gatewaySelector,
      clock,
      logger,
    });
    let isSynced = false;
    const look = (): void => {
      if (this.#isOver || !isSynced) return;
      this.#timer?.[Symbol.dispose]();
      this.#step(leases.list(systemNamespace));
      const isBusy = this.#agreement.announcement.except.length > 0;
      this.#timer = clock.after(isBusy ? busyMs : calmMs, look);
    };
    this.#look = look;
    const subscription = leases.events.subscribe(look);
    void leases.synced.then(() => {
      isSynced = true;
      look();
    });
    try {
      await leases.run({ signal });
    } finally {
      subscription.unsubscribe();
      this.#timer?.[Symbol.dispose]();
    }
  }

  /**
   * Gives all slots to the others: what is in use as it becomes free, what is lent as its borrowers account for it. Requests that wait
   * here get theirs from the others. To be called when no new ones come.
   */
  leave(): void {
    this.#agreement.leave();
    this.#look();
  }

  /** Resolves when nobody has a slot of this gateway any more, or after `withinMs`. */
  async returned(withinMs: number): Promise<void> {
    const { clock } = this.#options;
    for (const end = clock.now() + withinMs; this.#lender.lent > 0 && clock.now() < end;) await clock.sleep(busyMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    this.#timer?.[Symbol.dispose]();
    this.#borrower[Symbol.dispose]();
    await this.#lender[Symbol.asyncDispose]();
  }

  #known(): Activator {
    if (!this.#activator) throw new Error('no activator has been attached');
    return this.#activator;
  }

  #step(leases: Parameters<Roll['call']>[0]): void {
    const { others, own } = this.#roll.call(leases);
    this.#hosts = new Set([...others.values()].flatMap(({ lending }) => lending?.host ?? []));
    const said = new Map<string, Announcement | undefined>();
    const lives = new Map<string, string | undefined>();
    const lenders = new Map<string, LenderState>();
    for (const [name, { announcement, lending }] of others) {
      said.set(name, announcement);
      const life = announcement && lifeOf(announcement);
      lives.set(name, life);
      const leaving = announcement?.leaving ?? false;
      if (life !== undefined && lending) lenders.set(name, { life, address: lending, leaving });
    }
    // First what has become this gateway's own to account for: what it promises next must tell of it.
    const handBack = this.#borrower.setLenders(lenders);
    this.#lender.setLives(lives);
    const hasChanged = this.#agreement.step(said, own);
    this.#borrower.setTarget(this.#agreement.target);
    if (hasChanged) this.#known().reshare();
    this.#tell();
    this.#whenTold.push(handBack);
    if (own && JSON.stringify(own) === this.#told) for (const task of this.#whenTold.splice(0)) task();
  }

  #tell(): void {
    const { announcement } = this.#agreement;
    const text = JSON.stringify(announcement);
    if (text === this.#told) return;
    this.#told = text;
    this.#presence?.annotate(annotateShares(announcement));
  }
}
