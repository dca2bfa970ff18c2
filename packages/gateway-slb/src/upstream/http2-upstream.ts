import type { Address } from '@ebb/activator';
import type { Clock } from '@ebb/base';
import type { Call, CallSink, Upstream, UpstreamRequest } from './call.ts';
import { Http2Call } from './http2-call.ts';
import { InstanceSession } from './instance-session.ts';

/** The age of idle sessions is counted in steps of so much. */
const stepMs = 500;
/** Instances close idle connections after five seconds or more; we are the first to do so, after four. */
const keptSteps = 8;
/**
 * Streams begun on a session whose instance has never told how many it allows. What is over that is refused, and cannot be sent again
 * if its body has begun, so these are fewer than instances are likely to refuse; others go on sessions of their own.
 */
const streamsAtFirst = 10;

/** A session and since when nothing has been under way on it. */
interface Kept {
  readonly session: InstanceSession;
  idleSince: number;
}

/**
 * HTTP/2 over cleartext, spoken at once: for revisions whose port is named `h2c`. One session an instance, and more while all
 * the streams are taken that the instance allows.
 */
export class Http2Upstream implements Upstream {
  readonly #clock: Clock;
  readonly #sessions = new Map<Address, Set<Kept>>();
  /** Streams that an instance allows on a session, as it last told. */
  readonly #allowed = new WeakMap<Address, number>();
  readonly #stepping: Disposable;
  #steps = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#stepping = clock.every(stepMs, () => this.#step());
  }

  call(address: Address, request: UpstreamRequest, sink: CallSink): Call {
    return new Http2Call(() => this.#session(address), request, sink);
  }

  [Symbol.dispose](): void {
    this.#stepping[Symbol.dispose]();
    for (const sessions of this.#sessions.values()) for (const { session } of sessions) session.destroy();
  }

  #session(address: Address): InstanceSession {
    const sessions = this.#sessions.get(address) ?? new Set();
    for (const { session } of sessions) if (session.hasRoom) return session;
    const atFirst = this.#allowed.get(address) ?? streamsAtFirst;
    const session = new InstanceSession(address, () => this.#clock.now(), atFirst, {
      allows: (streams) => this.#allowed.set(address, streams),
      idle: () => (kept.idleSince = this.#steps),
      left: () => {
        sessions.delete(kept);
        if (sessions.size === 0) this.#sessions.delete(address);
      },
    });
    const kept: Kept = { session, idleSince: this.#steps };
    sessions.add(kept);
    this.#sessions.set(address, sessions);
    return session;
  }

  #step(): void {
    this.#steps++;
    for (const sessions of this.#sessions.values()) {
      for (const { session, idleSince } of sessions) {
        if (session.isIdle && this.#steps - idleSince >= keptSteps) session.close();
      }
    }
  }
}
