import {
  type Lease,
  type StatReport,
  type StatSink,
  autoscalerLease,
  resources,
  statsAddressAnnotation,
  statsPath,
  systemNamespace,
} from '@ebb/api';
import { type Clock, type Logger, linkSignals, messageOf } from '@ebb/base';
import { type KubeClient, createInformer } from '@ebb/kube';
import { Pool } from 'undici';
import type { StatDeliveries } from '../metrics/metrics-report.ts';

export interface StatLinkOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What to send as bearer token; nothing is sent while it is `undefined`. */
  readonly token: () => string | undefined;
  /** The autoscaler in this process, if it is the one at work: it is called, not sent to. */
  readonly local?: (() => StatSink | undefined) | undefined;
}

/** The way of a gateway's reports to the autoscaler at work, wherever that is. */
export interface StatLink {
  /** Takes a report and returns at once. What cannot be sent is lost: a report of the past helps nobody. */
  readonly send: StatSink;
  /** Resolves when the first report has reached an autoscaler. */
  readonly heard: Promise<void>;
  /** How its reports have fared. */
  readonly deliveries: () => StatDeliveries;
  /** Follows who is at work, until aborted. */
  run(options: { readonly signal: AbortSignal }): Promise<void>;
}

/** Reports that wait while others are on their way; beyond that the oldest are dropped. */
const maxWaiting = 16;
/** A report older than this says nothing of the present. */
const staleMs = 2000;
/** Longest a POST may take: by then the next report is due. */
const timeoutMs = 1000;

/** A link that finds the autoscaler by its Lease. */
export function createStatLink(options: StatLinkOptions): StatLink {
  let markHeard = (): void => {};
  const heard = new Promise<void>((resolve) => (markHeard = resolve));
  const sender = new Sender(options, markHeard);
  const { client, clock, logger } = options;
  const leases = createInformer(client, resources.leases, {
    namespace: systemNamespace,
    fieldSelector: `metadata.name=${autoscalerLease}`,
    clock,
    logger,
  });
  const follow = (): void => sender.aim(addressOf(leases.get(systemNamespace, autoscalerLease)));
  return {
    send: (report) => {
      const local = options.local?.();
      if (!local) return sender.send(report);
      local(report);
      sender.delivered();
    },
    heard,
    deliveries: () => sender.deliveries(),
    run: async ({ signal }) => {
      const subscription = leases.events.subscribe(follow);
      try {
        await leases.run({ signal });
      } finally {
        subscription.unsubscribe();
        sender.aim(undefined);
      }
    },
  };
}

/** Where the holder of the Lease takes reports; none if nobody holds it. */
function addressOf(lease: Lease | undefined): string | undefined {
  const address = lease?.metadata.annotations?.[statsAddressAnnotation];
  return lease?.spec?.holderIdentity && address && URL.canParse(`http://${address}`) ? address : undefined;
}

/** One POST on its way at a time, on a connection that is kept; what comes meanwhile goes with the next. */
class Sender {
  readonly #options: StatLinkOptions;
  readonly #onDelivered: () => void;
  #target: { readonly address: string; readonly pool: Pool; readonly stop: AbortController } | undefined;
  #waiting: StatReport[] = [];
  #isSending = false;
  /** Of the last report. */
  #fate: 'none' | 'arrived' | 'lost' = 'none';
  #errors = 0;

  constructor(options: StatLinkOptions, onDelivered: () => void) {
    this.#options = options;
    this.#onDelivered = onDelivered;
  }

  /** Sends to another address from now on, giving up what is on its way to the former. */
  aim(address: string | undefined): void {
    if (address === this.#target?.address) return;
    const former = this.#target;
    former?.stop.abort(new Error('another autoscaler is at work'));
    // Nobody awaits it: what was under way has been given up.
    void former?.pool.destroy().catch(() => {});
    this.#target = address === undefined ? undefined : open(address);
    if (!this.#target) this.#fate = 'none';
    this.#options.logger.info({ address }, 'the autoscaler at work is found by its lease');
    void this.#flush();
  }

  send(report: StatReport): void {
    this.#waiting.push(report);
    if (this.#waiting.length > maxWaiting) this.#waiting.shift();
    void this.#flush();
  }

  /** A report has reached an autoscaler, by whatever way. */
  delivered(): void {
    this.#fate = 'arrived';
    this.#onDelivered();
  }

  deliveries(): StatDeliveries {
    return { cutOff: this.#fate === 'arrived' ? 0 : 1, errors: this.#errors };
  }

  async #flush(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    while (this.#waiting.length > 0 && this.#target && this.#options.token() !== undefined) {
      const from = this.#options.clock.now() - staleMs;
      const reports = this.#waiting.filter(({ atMs }) => atMs >= from);
      this.#waiting = [];
      if (reports.length > 0) await this.#post(reports, this.#target);
    }
    this.#isSending = false;
  }

  async #post(
    reports: readonly StatReport[],
    { address, pool, stop }: { readonly address: string; readonly pool: Pool; readonly stop: AbortController },
  ): Promise<void> {
    const { clock, logger, token } = this.#options;
    using link = linkSignals(stop.signal);
    using _limit = clock.after(timeoutMs, () => link.abort(new Error(`no answer within ${timeoutMs} ms`)));
    try {
      const { statusCode, body } = await pool.request({
        method: 'POST',
        path: statsPath,
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token()}` },
        body: JSON.stringify(reports),
        signal: link.signal,
      });
      const text = await body.text();
      if (statusCode >= 300) throw new Error(`answered ${statusCode}: ${text.slice(0, 200)}`);
      if (this.#fate === 'lost') logger.info({ address }, 'reports reach the autoscaler again');
      this.delivered();
    } catch (error) {
      // Given up for the sake of another autoscaler.
      if (stop.signal.aborted) return;
      if (this.#fate !== 'lost')
        logger.warn({ address, error: messageOf(error) }, 'reports do not reach the autoscaler');
      this.#fate = 'lost';
      this.#errors++;
    }
  }
}

function open(address: string): { address: string; pool: Pool; stop: AbortController } {
  return { address, pool: new Pool(`http://${address}`, { connections: 1 }), stop: new AbortController() };
}
