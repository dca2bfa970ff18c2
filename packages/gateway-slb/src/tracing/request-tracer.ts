import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  defaultTextMapGetter,
  defaultTextMapSetter,
  trace,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import type { Lease } from '@ebb/activator';
import type { Clock } from '@ebb/base';
import type { Ending, RequestTracer, RequestWatcher } from '../duties/request-watcher.ts';
import type { Peer } from '../http/downstream.ts';
import type { RequestHead } from '../http/request-head.ts';

const propagator = new W3CTraceContextPropagator();

/** Those that OpenTelemetry's conventions know: of others there may be any number. */
const methods: ReadonlySet<string> = new Set('CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT QUERY TRACE'.split(' '));

/**
 * Makes the spans of requests, under Knative's names (data-path.md, section 15.3): `handle` is all of a request, in it `throttler_try` the
 * time until an instance has room, and `activator_proxy` the time with it. Who called is read from W3C's `traceparent` and `tracestate`;
 * the instance is told `activator_proxy` there. The gateway's own probes are in no trace.
 */
export class SpanTracer implements RequestTracer {
  readonly #tracer: Tracer;
  readonly #clock: Clock;

  constructor(tracer: Tracer, clock: Clock) {
    this.#tracer = tracer;
    this.#clock = clock;
  }

  begin(head: RequestHead, peer: Peer): RequestTrace | undefined {
    return head.probe === undefined ? new RequestTrace(head, peer, this.#tracer, this.#clock) : undefined;
  }
}

class RequestTrace implements RequestWatcher {
  readonly #tracer: Tracer;
  readonly #clock: Clock;
  readonly #beganAt: number;
  readonly #server: Span;
  readonly #inside: Context;
  #proxy: Span | undefined;
  #headers: readonly string[] = [];

  constructor(head: RequestHead, peer: Peer, tracer: Tracer, clock: Clock) {
    this.#tracer = tracer;
    this.#clock = clock;
    this.#beganAt = clock.now();
    const attributes = attributesOf(head, peer);
    const options = { kind: SpanKind.SERVER, startTime: timeOf(this.#beganAt), attributes };
    this.#server = tracer.startSpan('handle', options, callerOf(head));
    this.#inside = trace.setSpan(ROOT_CONTEXT, this.#server);
  }

  get traceId(): string {
    return this.#server.spanContext().traceId;
  }

  assigned(revisionKey: string, { podName, address }: Pick<Lease, 'podName' | 'address'>): readonly string[] {
    const [namespace = '', revision = ''] = revisionKey.split('/');
    const instance = { 'k8s.pod.name': podName, 'server.address': address.host, 'server.port': address.port };
    if (this.#proxy) {
      this.#proxy.setAttributes(instance);
      return this.#headers;
    }
    const now = timeOf(this.#clock.now());
    const about = { 'k8s.namespace.name': namespace, 'kn.revision.name': revision };
    this.#server.setAttributes(about);
    const waited = { startTime: timeOf(this.#beganAt), attributes: about };
    this.#tracer.startSpan('throttler_try', waited, this.#inside).end(now);
    const call = { kind: SpanKind.CLIENT, startTime: now, attributes: { ...about, ...instance } };
    this.#proxy = this.#tracer.startSpan('activator_proxy', call, this.#inside);
    const carrier: Record<string, string> = {};
    propagator.inject(trace.setSpan(ROOT_CONTEXT, this.#proxy), carrier, defaultTextMapSetter);
    this.#headers = Object.entries(carrier).flat();
    return this.#headers;
  }

  ended({ status, requestBytes = 0, responseBytes = 0 }: Ending): void {
    const outcome: Attributes = { 'http.response.status_code': status };
    if (status >= 500) outcome['error.type'] = String(status);
    const now = timeOf(this.#clock.now());
    for (const span of [this.#proxy, this.#server]) {
      if (!span?.isRecording()) continue;
      span.setAttributes(outcome);
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      if (span === this.#server)
        span.setAttributes({ 'http.request.body.size': requestBytes, 'http.response.body.size': responseBytes });
      span.end(now);
    }
  }
}

/** The span that the client says the request is part of. */
function callerOf(head: RequestHead): Context {
  const traceparent = head.header('traceparent');
  if (traceparent === undefined) return ROOT_CONTEXT;
  return propagator.extract(ROOT_CONTEXT, { traceparent, tracestate: head.header('tracestate') }, defaultTextMapGetter);
}

/** What OpenTelemetry's conventions have of a request; its query is left out, for what secrets there may be in it. */
function attributesOf(head: RequestHead, { address, proto, protocol, ownPort }: Peer): Attributes {
  const { method, target, host } = head;
  const isKnown = methods.has(method);
  return {
    'http.request.method': isKnown ? method : '_OTHER',
    ...(isKnown ? {} : { 'http.request.method_original': method }),
    'url.scheme': proto,
    'url.path': target.replace(/[?#].*$/s, ''),
    'server.address': host.replace(/:\d*$/, ''),
    ...(ownPort === undefined ? {} : { 'server.port': ownPort }),
    'client.address': address,
    'network.protocol.name': 'http',
    'network.protocol.version': protocol === 'HTTP/2.0' ? '2' : '1.1',
    'user_agent.original': head.header('user-agent') ?? '',
  };
}

/** @param ms Milliseconds since the epoch. */
function timeOf(ms: number): [seconds: number, nanoseconds: number] {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}
