import { setMaxListeners } from 'node:events';
import type { Clock } from '@ebb/base';
import { backoffMs } from '@ebb/kube';
import { type EciError, eciError, isThrottled } from './error.ts';

/** Actions the virtual node calls. */
export type ActionName =
  | 'CreateContainerGroup'
  | 'DeleteContainerGroup'
  | 'DescribeContainerGroups'
  | 'DescribeContainerGroupStatus'
  | 'DescribeContainerLog'
  | 'DescribeMultiContainerGroupMetric'
  | 'DescribeVSwitches'
  | 'ExecContainerCommand'
  | 'RestartContainerGroup'
  | 'UpdateContainerGroup';

/** Calls an account may make a minute (serverless-node.md, section 2.3). */
const perMinute: Readonly<Record<ActionName, number>> = {
  CreateContainerGroup: 1000,
  DeleteContainerGroup: 1000,
  DescribeContainerGroups: 2000,
  DescribeContainerGroupStatus: 2000,
  DescribeContainerLog: 500,
  DescribeMultiContainerGroupMetric: 500,
  DescribeVSwitches: 500,
  ExecContainerCommand: 500,
  RestartContainerGroup: 500,
  UpdateContainerGroup: 500,
};
/** Seconds' worth of calls that may be made at once. */
const burstSeconds = 5;

const throttledWaits = { baseMs: 500, capMs: 30_000 };
const lockedWaits = { baseMs: 15_000, capMs: 300_000, jitter: 0.2 };

interface GateOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** Keep to the published limits. An ECI of this machine has none but the machine. */
  readonly limited: boolean;
}

interface Lane {
  /** When the next call may go, if all before it went at their time (the generic cell rate algorithm). */
  nextMs: number;
  throttled: number;
  /** Turns that were given to those who come back for them, by who they are. */
  readonly turns: Map<string, number>;
}

/**
 * Keeps calls to ECI within what it allows: each action evenly, with bursts of some seconds' worth; later after it said
 * `Throttling`; and none at all, but for a trial now and then, while the credentials are refused. One for an account.
 */
export class CallGate {
  readonly #options: GateOptions;
  readonly #lanes = new Map<ActionName, Lane>();
  readonly #closing = new AbortController();
  #lock: { readonly error: EciError; untilMs: number; count: number; isTrying: boolean } | undefined;

  constructor(options: GateOptions) {
    this.#options = options;
    setMaxListeners(0, this.#closing.signal);
  }

  /** Ends the waiting of those who wait for their turn. */
  close(): void {
    this.#closing.abort(new DOMException('the virtual node stops', 'AbortError'));
  }

  /** What ECI said of the credentials, while it refuses them. */
  get credentialsError(): EciError | undefined {
    return this.#lock?.error;
  }

  /**
   * 0 if whoever this is may make the call now, else the milliseconds after which to ask again: the turn is kept. Nobody waits in
   * line meanwhile.
   */
  turn(action: ActionName, who: string): number {
    const { clock, limited } = this.#options;
    const lane = this.#lane(action);
    const nowMs = clock.now();
    if (!limited && lane.throttled === 0) return 0;
    const known = lane.turns.get(who);
    const atMs = known ?? this.#reserve(lane, action, nowMs);
    if (atMs <= nowMs) {
      lane.turns.delete(who);
      return 0;
    }
    lane.turns.set(who, atMs);
    return atMs - nowMs;
  }

  /** Gives up a turn that is not needed any more. */
  giveUp(action: ActionName, who: string): void {
    this.#lanes.get(action)?.turns.delete(who);
  }

  /** Waits for its turn, then calls. Rejects with `EciError`; at once, without a call, while the credentials are refused. */
  async call<T>(
    action: ActionName,
    make: () => Promise<T>,
    { hasTurn = false }: { readonly hasTurn?: boolean } = {},
  ): Promise<T> {
    const { clock } = this.#options;
    this.#checkLock();
    const lane = this.#lane(action);
    if (!hasTurn && (this.#options.limited || lane.throttled > 0)) {
      const waitMs = this.#reserve(lane, action, clock.now()) - clock.now();
      if (waitMs > 0) await clock.sleep(waitMs, { signal: this.#closing.signal });
    }
    try {
      const result = await make();
      lane.throttled = 0;
      this.#lock = undefined;
      return result;
    } catch (cause) {
      const error = eciError(cause);
      this.#learn(error, lane);
      throw error;
    }
  }

  #reserve(lane: Lane, action: ActionName, nowMs: number): number {
    const intervalMs = 60_000 / perMinute[action];
    const atMs = Math.max(lane.nextMs, nowMs - burstSeconds * 1000);
    lane.nextMs = atMs + intervalMs;
    return atMs;
  }

  #learn(error: EciError, lane: Lane): void {
    const { clock, random } = this.#options;
    const nowMs = clock.now();
    if (isThrottled(error)) {
      // Those refused together count once.
      if (lane.nextMs <= nowMs) lane.throttled += 1;
      lane.throttled = Math.max(1, lane.throttled);
      lane.nextMs = Math.max(lane.nextMs, nowMs + backoffMs(throttledWaits, lane.throttled, random));
    }
    if (error.remedy === 'mend-credentials') {
      const count = (this.#lock?.count ?? 0) + (this.#lock === undefined || this.#lock.isTrying ? 1 : 0);
      this.#lock = { error, count, untilMs: nowMs + backoffMs(lockedWaits, count, random), isTrying: false };
    } else if (this.#lock?.isTrying) {
      this.#lock.isTrying = false;
    }
  }

  /** While the credentials are refused one call is let through now and then. */
  #checkLock(): void {
    const lock = this.#lock;
    if (!lock) return;
    if (lock.isTrying || this.#options.clock.now() < lock.untilMs) throw lock.error;
    lock.isTrying = true;
  }

  #lane(action: ActionName): Lane {
    let lane = this.#lanes.get(action);
    if (!lane) this.#lanes.set(action, (lane = { nextMs: 0, throttled: 0, turns: new Map() }));
    return lane;
  }
}
