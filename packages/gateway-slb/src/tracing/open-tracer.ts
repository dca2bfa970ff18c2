import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as HttpExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ConsoleSpanExporter,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { TracingConfig } from '@ebb/api';
import { type Clock, type Logger, messageOf } from '@ebb/base';
import { SpanTracer } from './request-tracer.ts';

export interface OpenTracerOptions {
  readonly config: TracingConfig;
  /** Name of the gateway. */
  readonly gateway: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A tracer, and the connection to those it tells. */
export interface OpenTracer {
  readonly tracer: SpanTracer;
  /** Sends what is left, for five seconds at most. */
  close(): Promise<void>;
}

/** Longest that spans are waited for to be taken. */
const exportMs = 5000;

/** Makes a tracer that tells as `config` has it; throws an `Error` if that cannot be. */
export function openTracer({ config, gateway, clock, logger }: OpenTracerOptions): OpenTracer {
  const exporter = tellingOf(exporterFor(config), logger);
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'ebb-gateway', 'service.instance.id': gateway }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(config.samplingRate) }),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: 1000, exportTimeoutMillis: exportMs })],
  });
  return { tracer: new SpanTracer(provider.getTracer('ebb'), clock), close: () => provider.shutdown() };
}

function exporterFor({ protocol, endpoint }: TracingConfig): SpanExporter {
  if (protocol === 'stdout') return new ConsoleSpanExporter();
  if (!URL.canParse(endpoint)) throw new Error(`tracing-endpoint = ${endpoint}, must be a URL`);
  const url = new URL(endpoint);
  if (protocol === 'grpc') return new GrpcExporter({ url: url.href, timeoutMillis: exportMs });
  if (url.pathname === '/') url.pathname = '/v1/traces';
  return new HttpExporter({ url: url.href, timeoutMillis: exportMs });
}

/** Says so when spans are no longer taken, and when they are again. */
function tellingOf(exporter: SpanExporter, logger: Logger): SpanExporter {
  let isFailing = false;
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        const { error } = result;
        if (error && !isFailing)
          logger.warn({ error: messageOf(error) }, 'spans of requests do not reach the collector');
        if (!error && isFailing) logger.info({}, 'spans of requests reach the collector again');
        isFailing = error !== undefined;
        done(result);
      }),
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  };
}
