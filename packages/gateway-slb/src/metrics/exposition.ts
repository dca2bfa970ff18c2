import type { Distribution, Exposition } from '@ebb/base/metrics';
import type { MetricsReport } from './metrics-report.ts';
import { type Spread, boundsBytes, boundsMs } from './request-metrics.ts';

const present = 'Requests there are, waiting for an instance or not.';
const waitingOnly = 'Requests that have no instance yet.';
const duration = 'From the arrival of a request to the end of its response, the wait for an instance included.';

const boundsSeconds = boundsMs.map((bound) => bound / 1000);

/** Tells what a gateway has counted, under Knative's names of today and of before (data-path.md, sections 15.1 and 15.2). */
export function expose({ revisions, unrouted, turnedAway, stats }: MetricsReport, out: Exposition): void {
  for (const each of revisions) {
    const { namespace, revision, service, configuration, waiting, active, outcomes } = each;
    const now = { kn_revision_name: revision, k8s_namespace_name: namespace };
    const all = { ...now, kn_service_name: service, kn_configuration_name: configuration };
    const before = {
      namespace_name: namespace,
      service_name: service,
      configuration_name: configuration,
      revision_name: revision,
    };
    out.gauge('kn_revision_request_concurrency', present, all, waiting + active);
    out.gauge('kn_revision_request_queued', waitingOnly, now, waiting);
    out.gauge('kn_revision_request_active', 'Requests that have an instance.', now, active);
    out.gauge('kn_serving_queue_depth', present, all, waiting + active);
    out.gauge('activator_request_concurrency', present, before, waiting + active);
    out.gauge('revision_queue_depth', waitingOnly, before, waiting);
    for (const { count, durationMs, requestBytes, responseBytes, ...outcome } of outcomes) {
      const status = String(outcome.status);
      const labels = { ...all, http_response_status_code: status };
      const seconds = { count, sum: durationMs.sum / 1000, buckets: durationMs.buckets, bounds: boundsSeconds };
      out.histogram('http_server_request_duration_seconds', duration, labels, seconds);
      out.histogram('kn_serving_invocation_duration_seconds', duration, labels, seconds);
      const bytes = (spread: Spread): Distribution => ({ count, ...spread, bounds: boundsBytes });
      out.histogram('http_server_request_body_size_bytes', 'Bodies of requests.', labels, bytes(requestBytes));
      out.histogram('http_server_response_body_size_bytes', 'Bodies of responses.', labels, bytes(responseBytes));
      const old = { ...before, response_code: status, response_code_class: `${status[0]}xx` };
      for (const prefix of ['activator', 'revision']) {
        out.counter(`${prefix}_request_count`, 'Requests that have ended.', old, count);
        const milliseconds = { count, ...durationMs, bounds: boundsMs };
        out.histogram(`${prefix}_request_latencies`, `${duration} In milliseconds.`, old, milliseconds);
      }
    }
  }
  for (const { reason, status, count } of unrouted) {
    const labels = { reason, http_response_status_code: String(status) };
    out.counter('ebb_unrouted_requests_total', 'Requests that were answered without a revision.', labels, count);
  }
  const closed = 'Connections that were closed before a request was read on them.';
  for (const { reason, count } of turnedAway)
    out.counter('ebb_turned_away_connections_total', closed, { reason }, count);
  const autoscaler = { peer: 'autoscaler' };
  const reachable = 'Whether the last report to the autoscaler has arrived: 1 or 0.';
  out.gauge('kn_activator_stats_conn_reachable', reachable, autoscaler, stats.cutOff === 0 ? 1 : 0);
  const errors = 'Reports to the autoscaler that have not arrived.';
  out.counter('kn_activator_stats_conn_errors_total', errors, autoscaler, stats.errors);
}
