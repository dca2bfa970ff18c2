import { once } from 'node:events';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import {
  Client,
  type ClientDuplexStream,
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServiceError,
  credentials,
  status,
} from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { type TestGateway, expectSoon, host, openGateway } from './harness.ts';

const bytes = { serialize: (text: string) => Buffer.from(text), deserialize: (buffer: Buffer) => buffer.toString() };
const paths = { ping: '/ping.Ping/Ping', stream: '/ping.Ping/PingStream' };
const codec = {
  requestSerialize: bytes.serialize,
  requestDeserialize: bytes.deserialize,
  responseSerialize: bytes.serialize,
  responseDeserialize: bytes.deserialize,
};
const definition = {
  ping: { path: paths.ping, requestStream: false, responseStream: false, ...codec },
  stream: { path: paths.stream, requestStream: true, responseStream: true, ...codec },
} as const;

interface GrpcBackend extends AsyncDisposable {
  readonly port: number;
}

/** A service that answers each ping with its own name before it. */
async function openPings(name: string): Promise<GrpcBackend> {
  const server = new Server();
  server.addService(definition, {
    ping: (
      call: { request: string; metadata: Metadata },
      done: (error: Partial<ServiceError> | null, answer?: string) => void,
    ) => {
      if (call.request === 'fail') return done({ code: status.FAILED_PRECONDITION, details: 'not now' });
      if (call.request === 'never') return;
      done(null, `${name}: ${call.request} ${String(call.metadata.get('x-own')[0] ?? '')}`);
    },
    stream: (call: ServerDuplexStream<string, string>) => {
      call.on('data', (text: string) => call.write(`${name}: ${text}`));
      call.on('end', () => call.end());
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      server.forceShutdown();
      await Promise.resolve();
    },
  };
}

interface Outcome {
  readonly code: number;
  readonly answer?: string | undefined;
  readonly details?: string | undefined;
}

function connectTo(gateway: TestGateway): Client & Disposable {
  const client = new Client(`127.0.0.1:${gateway.port}`, credentials.createInsecure(), {
    'grpc.default_authority': host,
  });
  return Object.assign(client, { [Symbol.dispose]: () => client.close() });
}

function ping(client: Client, text: string, { deadlineMs = 10_000 } = {}): Promise<Outcome> {
  const metadata = new Metadata();
  metadata.set('x-own', 'own');
  return new Promise((resolve) => {
    const options = { deadline: Date.now() + deadlineMs };
    client.makeUnaryRequest(paths.ping, bytes.serialize, bytes.deserialize, text, metadata, options, (error, answer) =>
      resolve(error ? { code: error.code, details: error.details } : { code: status.OK, answer }),
    );
  });
}

const openStream = (client: Client): ClientDuplexStream<string, string> =>
  client.makeBidiStreamRequest(paths.stream, bytes.serialize, bytes.deserialize);

const settings = { protocol: 'h2c' } as const;

describe('gRPC', () => {
  it('calls, with metadata, and with the status of a failure', async () => {
    await using backend = await openPings('a');
    await using gateway = await openGateway({ settings });
    gateway.addPod(backend);
    using client = connectTo(gateway);
    expect(await ping(client, 'hello')).toEqual({ code: status.OK, answer: 'a: hello own' });
    expect(await ping(client, 'fail')).toEqual({ code: status.FAILED_PRECONDITION, details: 'not now' });
    expect(gateway.inFlight()).toBe(0);
  });

  it('streams both ways, each stream with its own instance', async () => {
    await using a = await openPings('a');
    await using b = await openPings('b');
    await using gateway = await openGateway({ settings, config: { containerConcurrency: 1 } });
    gateway.addPod(a);
    gateway.addPod(b);
    using client = connectTo(gateway);
    const streams = [openStream(client), openStream(client)];
    const names = await Promise.all(
      streams.map(async (stream) => {
        const heard = new Set<string>();
        for (let i = 0; i < 50; i++) {
          stream.write(String(i));
          const [answer] = (await once(stream, 'data')) as [string];
          heard.add(answer.split(':')[0] ?? '');
          expect(answer).toMatch(new RegExp(`: ${i}$`));
        }
        stream.end();
        await once(stream, 'end');
        return [...heard].join();
      }),
    );
    expect(names.sort()).toEqual(['a', 'b']);
    await expectSoon(() => gateway.inFlight() === 0);
  });

  it('frees the instance when the time of a caller is over', async () => {
    await using backend = await openPings('a');
    await using gateway = await openGateway({ settings });
    gateway.addPod(backend);
    using client = connectTo(gateway);
    expect(await ping(client, 'never', { deadlineMs: 200 })).toMatchObject({ code: status.DEADLINE_EXCEEDED });
    await expectSoon(() => gateway.inFlight() === 0);
  });

  it("gets gRPC's own status where a stream has taken too long, and plain HTTP before it began", async () => {
    await using backend = await openPings('a');
    await using gateway = await openGateway({ settings: { ...settings, totalMs: 1500 } });
    gateway.addPod(backend);
    using client = connectTo(gateway);
    const stream = openStream(client);
    stream.write('one');
    await once(stream, 'data');
    const [error] = (await once(stream, 'error')) as [ServiceError];
    expect(error).toMatchObject({ code: status.DEADLINE_EXCEEDED, details: 'request timeout' });
    // 504, as a client of gRPC reads it.
    expect(await ping(client, 'never')).toMatchObject({ code: status.UNAVAILABLE });
  });

  it('sees that an instance is gone', async () => {
    const backend = await openPings('a');
    await using gateway = await openGateway({ settings });
    gateway.addPod(backend);
    using client = connectTo(gateway);
    const stream = openStream(client);
    stream.write('one');
    await once(stream, 'data');
    await backend[Symbol.asyncDispose]();
    const [error] = (await once(stream, 'error')) as [ServiceError];
    expect(error.code).not.toBe(status.OK);
    expect(await ping(client, 'hello')).toMatchObject({ code: status.UNAVAILABLE });
  });

  it('passes a response on that is nothing but trailers', async () => {
    const server = createHttp2Server();
    server.on('stream', (stream) => {
      const headers = { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '12', 'grpc-message': 'no' };
      stream.respond(headers, { endStream: true });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    await using gateway = await openGateway({ settings });
    gateway.addPod(server.address() as AddressInfo);
    using client = connectTo(gateway);
    expect(await ping(client, 'hello')).toEqual({ code: status.UNIMPLEMENTED, details: 'no' });
    server.close();
  });
});
