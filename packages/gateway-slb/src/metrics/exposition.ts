import type { MetricsReport } from './metrics-report.ts';
import { type Outcomes, boundsMs } from './request-metrics.ts';

type Labels = Readonly<Record<string, string>>;

/** Prometheus' text format: each name once, with all its samples behind it. */
class Exposition {
  readonly #families = new Map<string, string[]>();

  gauge(name: string, labels: Labels, value: number): void {
    this.#family(name, 'gauge').push(sample(name, labels, value));
  }

  counter(name: string, labels: Labels, value: number): void {
    this.#family(name, 'counter').push(sample(name, labels, value));
  }

  /** @param unitMs How many milliseconds the unit has that the name speaks of. */
  histogram(name: string, labels: Labels, { buckets, count, sumMs }: Outcomes, unitMs: number): void {
    const lines = this.#family(name, 'histogram');
    let sum = 0;
    for (const [i, bound] of boundsMs.entries()) {
      sum += buckets[i] ?? 0;
      lines.push(sample(`${name}_bucket`, { ...labels, le: String(bound / unitMs) }, sum));
    }
    lines.push(sample(`${name}_bucket`, { ...labels, le: '+Inf' }, count));
    lines.push(sample(`${name}_sum`, labels, sumMs / unitMs), sample(`${name}_count`, labels, count));
  }

  text(): string {
    return [...this.#families.values()].flatMap((lines) => [...lines, '']).join('\n');
  }

  #family(name: string, type: string): string[] {
    const known = this.#families.get(name);
    if (known) return known;
    const lines = [`# TYPE ${name} ${type}`];
    this.#families.set(name, lines);
    return lines;
  }
}

/** The metrics of a gateway under Knative's names of today and of before (data-path.md, sections 15.1 and 15.2). */
export function expose({ revisions, unrouted, turnedAway }: MetricsReport): string {
  const out = new Exposition();
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
    out.gauge('kn_revision_request_concurrency', all, waiting + active);
    out.gauge('kn_revision_request_queued', now, waiting);
    out.gauge('kn_revision_request_active', now, active);
    out.gauge('kn_serving_queue_depth', all, waiting + active);
    out.gauge('activator_request_concurrency', before, waiting + active);
    out.gauge('revision_queue_depth', before, waiting);
    for (const outcome of outcomes) {
      const status = String(outcome.status);
      const code = { http_response_status_code: status };
      out.histogram('http_server_request_duration_seconds', { ...all, ...code }, outcome, 1000);
      out.histogram('kn_serving_invocation_duration_seconds', { ...all, ...code }, outcome, 1000);
      const old = { ...before, response_code: status, response_code_class: `${status[0]}xx` };
      for (const prefix of ['activator', 'revision']) {
        out.counter(`${prefix}_request_count`, old, outcome.count);
        out.histogram(`${prefix}_request_latencies`, old, outcome, 1);
      }
    }
  }
  for (const { reason, status, count } of unrouted) {
    out.counter('ebb_unrouted_requests_total', { reason, http_response_status_code: String(status) }, count);
  }
  for (const { reason, count } of turnedAway) out.counter('ebb_turned_away_connections_total', { reason }, count);
  return out.text();
}

function sample(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${text.replaceAll(/["\\\n]/g, escaped)}"`);
  return `${name}{${pairs.join(',')}} ${value}`;
}

const escaped = (char: string): string => (char === '\n' ? '\\n' : `\\${char}`);
