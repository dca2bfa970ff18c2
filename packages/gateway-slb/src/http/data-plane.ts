import type { Activator } from '@ebb/activator';
import type { Clock, Logger } from '@ebb/base';
import type { Listener, RoutingTable } from '@ebb/router';
import type { Upstream } from '../upstream/call.ts';
import type { Duties } from '../duties/duties.ts';
import type { RequestMetrics } from '../metrics/request-metrics.ts';
import type { Deadlines } from './deadlines.ts';
import type { Timeouts } from './timeouts.ts';

/** What the gateway must know of a revision to send requests to it. */
export interface RevisionSettings extends Timeouts {
  /** What its instances speak. */
  readonly protocol: 'http1' | 'h2c';
  /** A response that waited for an instance says in `Server-Timing` what for. Default false. */
  readonly serverTiming?: boolean | undefined;
}

/** The ways to instances. */
export interface Upstreams {
  readonly http1: Upstream;
  readonly http2: Upstream;
}

/** What every request needs; it knows nothing of Kubernetes. */
export interface DataPlane {
  readonly clock: Clock;
  readonly logger: Logger;
  /** The table of this moment. */
  readonly table: () => RoutingTable;
  /** False until the table has been filled for the first time: a host not in it may be known all the same. */
  readonly ready: () => boolean;
  readonly activator: Activator;
  readonly settingsOf: (revisionKey: string, listener: Listener) => RevisionSettings;
  readonly upstreams: Upstreams;
  readonly deadlines: Deadlines;
  /** What else is asked of a load balancer; undefined, as a rule, if nothing is. */
  readonly duties?: (() => Duties | undefined) | undefined;
  /** Told how each request has ended, and of connections on which none was read. Default: nobody is. */
  readonly metrics?: Pick<RequestMetrics, 'observe' | 'refused' | 'turnAway'> | undefined;
  /** True once the gateway closes: connections are not to be kept. */
  readonly closing: () => boolean;
}

/** Time a request looks for another instance after one could not be connected to. */
export const reconnectMs = 2000;
