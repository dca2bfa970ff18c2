import type { Address } from '@ebb/activator';
import type { Clock } from '@ebb/base';
import type { Call, CallSink, Upstream, UpstreamRequest } from './call.ts';
import { Http2Call } from './http2-call.ts';
import { InstanceSession } from './instance-session.ts';

/**
 * HTTP/2 over cleartext, spoken at once: for revisions whose port is named `h2c`. One session an instance, and more while all
 * the streams are taken that the instance allows.
 */
export class Http2Upstream implements Upstream {
  readonly #clock: Clock;
  readonly #sessions = new Map<Address, Set<InstanceSession>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  call(address: Address, request: UpstreamRequest, sink: CallSink): Call {
    return new Http2Call(this.#session(address), request, sink);
  }

  [Symbol.dispose](): void {
    for (const sessions of this.#sessions.values()) for (const session of sessions) session.destroy();
  }

  #session(address: Address): InstanceSession {
    const sessions = this.#sessions.get(address) ?? new Set();
    for (const session of sessions) if (session.hasRoom) return session;
    const session = new InstanceSession(address, this.#clock, () => {
      sessions.delete(session);
      if (sessions.size === 0) this.#sessions.delete(address);
    });
    sessions.add(session);
    this.#sessions.set(address, sessions);
    return session;
  }
}
