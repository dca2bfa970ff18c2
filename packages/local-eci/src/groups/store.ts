import { createHash, randomBytes } from 'node:crypto';
import type { Clock, Logger } from '@ebb/base';
import type { GroupSpec } from '../model.ts';
import type { Runtime } from '../runtime.ts';
import { EciError } from '../wire/error.ts';
import { Group } from './group.ts';

const maxGroups = 20_000;

/** Groups that came to their end are told of for an hour, and after that the newest hundred. */
const retainedMs = 3_600_000;
const retained = 100;

/** All container groups of this ECI, oldest first. */
export class GroupStore {
  readonly #groups = new Map<string, Group>();
  /** What each remembered client token asked for; forgotten with its group. */
  readonly #tokens = new Map<string, { readonly id: string; readonly request: string }>();
  #count = 0;
  readonly #runtime: Runtime;
  readonly #clock: Clock;
  readonly #logger: Logger;

  constructor(options: { readonly runtime: Runtime; readonly clock: Clock; readonly logger: Logger }) {
    this.#runtime = options.runtime;
    this.#clock = options.clock;
    this.#logger = options.logger;
  }

  /**
   * Adds a group, to be started by `start`; or finds the one made before by the same token and request.
   * Throws `EciError` if the token was used for another request, or there are too many groups.
   */
  add(spec: GroupSpec, clientToken: string | undefined): { readonly group: Group; readonly isNew: boolean } {
    const request = createHash('sha256').update(JSON.stringify(spec)).digest('base64');
    const known = clientToken === undefined ? undefined : this.#tokens.get(clientToken);
    const before = known && this.#groups.get(known.id);
    if (before && known.request === request) return { group: before, isNew: false };
    if (before) {
      throw new EciError('IdempotentParameterMismatch', 'The ClientToken was used with other parameters before.');
    }
    this.#sweep();
    if (this.#groups.size >= maxGroups) {
      throw new EciError('QuotaExceeded', `There are ${maxGroups} container groups already.`, 403);
    }
    const id = `eci-${randomBytes(10).toString('hex')}`;
    const number = (this.#count += 1);
    const group = new Group({ id, number, spec, clientToken, clock: this.#clock, logger: this.#logger });
    this.#groups.set(id, group);
    if (clientToken !== undefined) this.#tokens.set(clientToken, { id, request });
    return { group, isNew: true };
  }

  start(group: Group): void {
    group.start(this.#runtime);
  }

  get(id: string): Group | undefined {
    return this.#groups.get(id);
  }

  list(): readonly Group[] {
    this.#sweep();
    return [...this.#groups.values()];
  }

  /** Stops a group, and forgets it once it is gone. Returns at once. */
  delete(group: Group): void {
    // Never rejects: Group.stop logs what goes wrong.
    void group.stop().then(() => this.#forget(group));
  }

  /** Stops all groups and waits until they are gone; the runtime says for how long. */
  async close(): Promise<void> {
    const stopped = Promise.all([...this.#groups.values()].map((group) => group.stop()));
    await this.#runtime.close();
    await stopped;
    this.#groups.clear();
    this.#tokens.clear();
  }

  #forget(group: Group): void {
    this.#groups.delete(group.id);
    if (group.clientToken !== undefined && this.#tokens.get(group.clientToken)?.id === group.id) {
      this.#tokens.delete(group.clientToken);
    }
  }

  #sweep(): void {
    if (this.#groups.size <= retained) return;
    const ended = [...this.#groups.values()].filter((group) => group.isFinal);
    const oldMs = this.#clock.now() - retainedMs;
    for (const group of ended.slice(0, -retained)) if (group.changedAtMs < oldMs) this.delete(group);
  }
}
