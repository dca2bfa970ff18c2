import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { FakeClock } from '@ebb/base/testing';
import { describe, expect, it } from 'vitest';
import type { Peer } from '../http/downstream.ts';
import { HeaderList } from '../http/header-block.ts';
import { RequestHead } from '../http/request-head.ts';
import { SpanTracer } from './request-tracer.ts';

const peer: Peer = { address: '192.0.2.7', proto: 'https', listener: 'public', protocol: 'HTTP/2.0' };
const instance = { podName: 'pod-0', address: { host: '10.0.0.5', port: 8080 } };
const callers = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

function open(): { tracer: SpanTracer; clock: FakeClock; spans: () => Record<string, ReadableSpan> } {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const clock = new FakeClock();
  return {
    tracer: new SpanTracer(provider.getTracer('test'), clock),
    clock,
    spans: () => Object.fromEntries(exporter.getFinishedSpans().map((span) => [span.name, span])),
  };
}

function headOf(about: Partial<RequestHead>, headers: readonly string[] = []): RequestHead {
  const head = Object.assign(
    new RequestHead(),
    { method: 'GET', target: '/a?secret=1', host: 'web.example:443' },
    about,
  );
  head.headers = new HeaderList(headers);
  return head;
}

describe('a traced request', () => {
  it('is a span of the caller’s, with one for the wait and one for the instance in it', async () => {
    const { tracer, clock, spans } = open();
    const head = headOf({}, ['Traceparent', callers, 'User-Agent', 'me']);
    const trace = tracer.begin(head, peer);
    await clock.advance(1500);
    const sent = trace?.assigned('default/web-00001', instance);
    await clock.advance(250);
    trace?.ended({ status: 200, requestBytes: 5, responseBytes: 12 });
    const { handle, throttler_try: waited, activator_proxy: proxied } = spans();
    expect(handle?.parentSpanContext?.spanId).toBe('b7ad6b7169203331');
    const inside = { traceId: trace?.traceId, spanId: handle?.spanContext().spanId };
    expect([waited, proxied].map((span) => span?.parentSpanContext)).toMatchObject([inside, inside]);
    expect(sent).toEqual(['traceparent', `00-${trace?.traceId}-${proxied?.spanContext().spanId}-01`]);
    expect([handle, waited, proxied].map((span) => span?.duration)).toEqual([
      [1, 750_000_000],
      [1, 500_000_000],
      [0, 250_000_000],
    ]);
    expect([handle, waited, proxied].map((span) => span?.kind)).toEqual([
      SpanKind.SERVER,
      SpanKind.INTERNAL,
      SpanKind.CLIENT,
    ]);
    expect(handle?.attributes).toEqual({
      'http.request.method': 'GET',
      'url.scheme': 'https',
      'url.path': '/a',
      'server.address': 'web.example',
      'client.address': '192.0.2.7',
      'network.protocol.name': 'http',
      'network.protocol.version': '2',
      'user_agent.original': 'me',
      'k8s.namespace.name': 'default',
      'kn.revision.name': 'web-00001',
      'http.response.status_code': 200,
      'http.request.body.size': 5,
      'http.response.body.size': 12,
    });
    expect(proxied?.attributes).toMatchObject({ 'k8s.pod.name': 'pod-0', 'server.address': '10.0.0.5' });
  });

  it('keeps its spans when another instance gets it, and is over once', () => {
    const { tracer, spans } = open();
    const trace = tracer.begin(headOf({ method: 'BREW' }), peer);
    const first = trace?.assigned('default/web-00001', instance);
    const second = trace?.assigned('default/web-00001', { ...instance, podName: 'pod-1' });
    expect(second).toEqual(first);
    trace?.ended({ status: 502 });
    trace?.ended({ status: 200 });
    const { handle, activator_proxy: proxied } = spans();
    expect(proxied?.attributes).toMatchObject({ 'k8s.pod.name': 'pod-1', 'error.type': '502' });
    expect([handle?.status, proxied?.status]).toEqual([{ code: SpanStatusCode.ERROR }, { code: SpanStatusCode.ERROR }]);
    expect(handle?.attributes).toMatchObject({
      'http.request.method': '_OTHER',
      'http.request.method_original': 'BREW',
    });
  });

  it('is a trace of its own where what the caller says makes no sense; probes are none', () => {
    const { tracer, spans } = open();
    for (const nonsense of [
      '00-0-0-01',
      `${callers}, ${callers}`,
      '',
      '00-00000000000000000000000000000000-b7ad6b7169203331-01',
    ])
      tracer.begin(headOf({}, ['traceparent', nonsense]), peer)?.ended({ status: 404 });
    expect(spans()['handle']?.parentSpanContext).toBeUndefined();
    expect(tracer.begin(headOf({ probe: 'probe' }), peer)).toBeUndefined();
  });
});
