import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { resources } from '@ebb/api';
import { type Logger, silentLogger } from '@ebb/base';
import { expect, it } from 'vitest';
import { type Backend, expectSoon, openHttpBackend } from './harness.ts';
import { exchangeRaw } from './raw-client.ts';
import { type World, openWorld } from './world.ts';

/** Takes spans, as a collector does. */
interface Collector extends AsyncDisposable {
  readonly endpoint: string;
  /** All it has got so far, as it came. */
  readonly got: () => Buffer;
}

async function openHttpCollector(): Promise<Collector> {
  const chunks: Buffer[] = [];
  const server = createServer((request, response) => {
    if (request.url !== '/v1/traces') return void response.writeHead(404).end();
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => response.end());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    got: () => Buffer.concat(chunks),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function openGrpcCollector(): Promise<Collector> {
  const chunks: Buffer[] = [];
  const server = new Server();
  const raw = (bytes: Buffer): Buffer => bytes;
  const serialization = {
    requestSerialize: raw,
    requestDeserialize: raw,
    responseSerialize: raw,
    responseDeserialize: raw,
  };
  const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
  const method = { path, requestStream: false, responseStream: false, ...serialization };
  server.addService(
    { Export: method },
    {
      Export: (call: { request: Buffer }, answer: (error: null, value: Buffer) => void) => {
        chunks.push(call.request);
        answer(null, Buffer.alloc(0));
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return {
    endpoint: `http://127.0.0.1:${port}`,
    got: () => Buffer.concat(chunks),
    [Symbol.asyncDispose]: async () => server.forceShutdown(),
  };
}

const traceId = '0af7651916cd43dd8448eb211c80319c';
const callerId = 'b7ad6b7169203331';
const caller = `traceparent: 00-${traceId}-${callerId}-01`;

/** Answers with what it is told of the trace. */
const openTold = (): Promise<Backend> =>
  openHttpBackend(
    ({ headers }, response) => response.end(`[${String(headers['traceparent'])}] [${String(headers['tracestate'])}]`),
    (server) =>
      server.on('upgrade', ({ headers }, socket) => {
        socket.end(
          `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n[${String(headers['traceparent'])}]`,
        );
      }),
  );

const trace = ({ client }: World, data: Record<string, string>): void =>
  client.put(resources.configMaps, { metadata: { namespace: 'knative-serving', name: 'config-observability' }, data });

const traceparentIn = (text: string): readonly string[] => /\[00-(\w{32})-(\w{16})-(\w\w)\]/.exec(text)?.slice(1) ?? [];

it.each([
  ['http/protobuf', openHttpCollector],
  ['grpc', openGrpcCollector],
])(
  'sends spans of requests to a collector by %s, between those of the caller and of the instance',
  async (protocol, open) => {
    await using collector = await open();
    await using backend = await openTold();
    await using world = await openWorld([backend]);
    expect(await world.get(caller)).toContain(`[00-${traceId}-${callerId}-01]`);
    trace(world, {
      'tracing-protocol': protocol,
      'tracing-endpoint': collector.endpoint,
      'tracing-sampling-rate': '0',
    });
    let told: readonly string[] = [];
    await expectSoon(async () => {
      told = traceparentIn(await world.get(caller, 'tracestate: vendor=1'));
      return told[1] !== callerId;
    });
    expect(told).toEqual([traceId, expect.stringMatching(/^\w{16}$/), '01']);
    expect(await world.get(caller, 'tracestate: vendor=1')).toContain('[vendor=1]');
    const has = (...parts: readonly (string | Buffer)[]): boolean =>
      parts.every((part) => collector.got().includes(part));
    const ids = [traceId, callerId, told[1] ?? ''].map((id) => Buffer.from(id, 'hex'));
    await expectSoon(() =>
      has(...ids, 'ebb-gateway', 'gateway-1', 'handle', 'throttler_try', 'activator_proxy', 'hello-00001', 'pod-0'),
    );
  },
);

it('begins a trace for part of the requests of those who are in none, and passes each on in one', async () => {
  await using collector = await openHttpCollector();
  await using backend = await openTold();
  await using world = await openWorld([backend]);
  const ask = { 'tracing-protocol': 'http/protobuf', 'tracing-endpoint': collector.endpoint };
  trace(world, { ...ask, 'tracing-sampling-rate': '0' });
  await expectSoon(async () => traceparentIn(await world.get())[2] === '00');
  trace(world, { ...ask, 'tracing-sampling-rate': '1' });
  await expectSoon(async () => traceparentIn(await world.get())[2] === '01');
  const [first, second] = [traceparentIn(await world.get()), traceparentIn(await world.get())];
  expect(second[0]).not.toBe(first[0]);
  const upgraded = await exchangeRaw(
    world.gateway.publicAddress.port,
    'GET /socket HTTP/1.1\r\nHost: hello.example.com\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n',
  );
  expect(traceparentIn(upgraded)[2]).toBe('01');
  await expectSoon(() => collector.got().includes(Buffer.from(traceparentIn(upgraded)[1] ?? '', 'hex')));
  trace(world, { ...ask, 'tracing-sampling-rate': '2' }); // makes no sense: what was said before still counts
  trace(world, {});
  await expectSoon(async () => traceparentIn(await world.get()).length === 0);
});

it('says once that the collector takes nothing, serves on, and names the trace in the log of requests', async () => {
  await using collector = await openHttpCollector();
  const warnings: string[] = [];
  const requests: { readonly traceId?: string }[] = [];
  const logger: Logger = {
    ...silentLogger,
    info: (fields, message) => void (message === 'request' && requests.push(fields)),
    warn: (_, message) => void warnings.push(message),
    child: () => logger,
  };
  await using backend = await openTold();
  await using world = await openWorld([backend], logger);
  trace(world, {
    'tracing-protocol': 'http/protobuf',
    'tracing-endpoint': `${collector.endpoint}/elsewhere`,
    'tracing-sampling-rate': '1',
    'logging.enable-request-log': 'true',
  });
  let told: readonly string[] = [];
  await expectSoon(async () => (told = traceparentIn(await world.get())).length > 0);
  await expectSoon(() => requests.some((each) => each.traceId === told[0]));
  await expectSoon(() => warnings.length > 0, { timeoutMs: 30_000 });
  expect(await world.get()).toContain('HTTP/1.1 200 OK');
  expect(new Set(warnings)).toEqual(new Set(['spans of requests do not reach the collector']));
});
