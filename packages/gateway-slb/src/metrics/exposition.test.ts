import { textOf } from '@ebb/base/metrics';
import { expect, it } from 'vitest';
import { expose } from './exposition.ts';
import { RequestMetrics } from './request-metrics.ts';

const bodiless = { requestBytes: 0, responseBytes: 0 };
const metrics = new RequestMetrics(() => true);
for (const [status, ms] of [
  [200, 5],
  [200, 30],
  [200, 200_000],
  [503, 0],
] as const)
  metrics.observe('default/hello-00001', { status, durationMs: ms, requestBytes: 0, responseBytes: ms });

metrics.refused('no-route', 404);
metrics.refused('no-route', 404);
metrics.refused('bad-request', 431);
metrics.turnAway('tls');

const report = {
  revisions: [
    {
      namespace: 'default',
      revision: 'hello-00001',
      service: 'hello',
      configuration: 'a"b\\c',
      waiting: 2,
      active: 3,
      outcomes: [...metrics.of('default/hello-00001')],
    },
  ],
  unrouted: metrics.unrouted,
  turnedAway: metrics.turnedAway,
  stats: { cutOff: 1, errors: 3 },
};
const lines = (await textOf((out) => expose(report, out))).split('\n');
const valueOf = (name: string, ...labels: string[]): string | undefined =>
  lines.find((line) => line.startsWith(`${name}{`) && labels.every((label) => line.includes(label)))?.split('} ')[1];

it('tells what is under way, and what was, by today’s names and those of before', () => {
  expect(valueOf('kn_revision_request_concurrency', 'kn_revision_name="hello-00001"')).toBe('5');
  expect(valueOf('kn_serving_queue_depth', 'kn_service_name="hello"')).toBe('5');
  expect([valueOf('kn_revision_request_queued'), valueOf('kn_revision_request_active')]).toEqual(['2', '3']);
  expect(valueOf('activator_request_count', 'response_code="200"', 'response_code_class="2xx"')).toBe('3');
  expect(valueOf('revision_request_count', 'response_code="503"', 'service_name="hello"')).toBe('1');
});

it('counts durations in seconds by today’s names and in milliseconds by those of before, each bucket with those below', () => {
  const name = 'http_server_request_duration_seconds';
  const of200 = 'http_response_status_code="200"';
  expect(['0.005', '0.025', '0.05', '100', '+Inf'].map((le) => valueOf(`${name}_bucket`, of200, `le="${le}"`))).toEqual(
    ['1', '1', '2', '2', '3'],
  );
  expect([valueOf(`${name}_sum`, of200), valueOf(`${name}_count`, of200)]).toEqual(['200.035', '3']);
  expect(valueOf('activator_request_latencies_bucket', 'response_code="200"', 'le="50"')).toBe('2');
});

it('counts the bytes of bodies', () => {
  const of200 = 'http_response_status_code="200"';
  const [asked, answered] = ['http_server_request_body_size_bytes', 'http_server_response_body_size_bytes'];
  expect([valueOf(`${asked}_sum`, of200), valueOf(`${asked}_count`, of200)]).toEqual(['0', '3']);
  expect(['100', '100000', '1000000'].map((le) => valueOf(`${answered}_bucket`, of200, `le="${le}"`))).toEqual([
    '2',
    '2',
    '3',
  ]);
  expect(valueOf(`${answered}_sum`, of200)).toBe('200035');
});

it('is in the form that Prometheus reads', () => {
  for (const line of lines.filter(Boolean)) {
    expect(line).toMatch(
      /^(?:# HELP \w+ [^\n]+|# TYPE \w+ (?:gauge|counter|histogram)|\w+\{(?:\w+="(?:[^"\\\n]|\\["\\n])*",?)+\} [\d.]+)$/,
    );
  }
  const types = lines.filter((line) => line.startsWith('# TYPE'));
  expect(new Set(types).size).toBe(types.length);
});

it('counts requests without a revision by what was answered', () => {
  expect(valueOf('ebb_unrouted_requests_total', 'reason="no-route"', 'http_response_status_code="404"')).toBe('2');
  expect(valueOf('ebb_unrouted_requests_total', 'reason="bad-request"', 'http_response_status_code="431"')).toBe('1');
  expect(valueOf('ebb_turned_away_connections_total', 'reason="tls"')).toBe('1');
});

it('tells whether reports reach the autoscaler', () => {
  const of = 'peer="autoscaler"';
  expect(valueOf('kn_activator_stats_conn_reachable', of)).toBe('0');
  expect(valueOf('kn_activator_stats_conn_errors_total', of)).toBe('3');
});

it('forgets a revision that is gone, though some of its requests end later', () => {
  const known = new Set(['a/b']);
  const own = new RequestMetrics((key) => known.has(key));
  own.observe('a/b', { status: 200, durationMs: 1, ...bodiless });
  known.delete('a/b');
  own.forget('a/b');
  own.observe('a/b', { status: 200, durationMs: 1, ...bodiless });
  own.observe('a/b', { status: 502, durationMs: 1, ...bodiless });
  expect([...own.keys()]).toEqual([]);
  expect(own.unrouted).toEqual([
    { reason: 'revision-missing', status: 200, count: 1 },
    { reason: 'revision-missing', status: 502, count: 1 },
  ]);
});
