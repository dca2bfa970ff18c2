import { once } from 'node:events';
import { createServer as createHttp2Server, constants } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type Backend, echo, expectSoon, host, openGateway, openHttpBackend, openRawBackend } from './harness.ts';
import { answerOn, openHttp2Client } from './http2-client.ts';
import { exchangeRaw } from './raw-client.ts';
import { fieldBlock, flags, frame, openRawHttp2Client } from './raw-http2-client.ts';

const openEcho = (): Promise<Backend> => openHttpBackend((request, response) => void echo(request, response));

interface Echoed {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly httpVersion: string;
  readonly trailers: string[];
}

const echoed = ({ body }: { readonly body: string }): Echoed => JSON.parse(body) as Echoed;

describe('a client that speaks HTTP/2', () => {
  it('is served by an instance that speaks HTTP/1.1', async () => {
    await using backend = await openEcho();
    await using gateway = await openGateway({ backends: [backend] });
    await using client = await openHttp2Client(gateway.port);
    const headers = { ':method': 'POST', ':path': '/a?b', cookie: ['a=1', 'b=2'], te: 'trailers', 'x-own': 'own' };
    const answer = await client.ask(headers, 'hello');
    expect(answer).toMatchObject({ status: 200, code: 0 });
    const seen = echoed(answer);
    expect(seen).toMatchObject({ method: 'POST', url: '/a?b', body: 'hello', httpVersion: '1.1' });
    expect(seen.headers).toMatchObject({
      host,
      cookie: 'a=1; b=2',
      te: 'trailers',
      'x-own': 'own',
      'x-forwarded-proto': 'http',
      'x-forwarded-for': '127.0.0.1',
    });
    expect(answer.headers).not.toHaveProperty('connection');
  });

  it('has many requests under way on one connection, each answered by itself', async () => {
    await using backend = await openEcho();
    await using gateway = await openGateway({ backends: [backend] });
    await using client = await openHttp2Client(gateway.port);
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => client.ask({ ':path': `/${i}` })));
    expect(answers.map((answer) => echoed(answer).url)).toEqual(Array.from({ length: 100 }, (_, i) => `/${i}`));
    expect(gateway.inFlight()).toBe(0);
  });

  it('may ask the same again and again, and then something else', async () => {
    await using backend = await openEcho();
    await using gateway = await openGateway({ backends: [backend] });
    await using client = await openHttp2Client(gateway.port);
    const questions = ['1', '1', '2', '2', '1'].flatMap((own) => [{ own }, { own, body: own }]);
    for (const { own, body } of questions) {
      const answer = await client.ask({ ':path': `/${own}`, 'x-own': own }, body);
      const { url, headers, body: sent } = echoed(answer);
      expect([url, headers['x-own'], sent]).toEqual([`/${own}`, own, body ?? '']);
    }
  });

  it('gets trailers, 1xx responses, and responses without a body as they are', async () => {
    await using backend = await openHttpBackend((request, response) => {
      switch (request.url) {
        case '/trailers':
          response.writeHead(200, { Trailer: 'X-Sum', Connection: 'keep-alive' });
          response.write('body');
          response.addTrailers({ 'X-Sum': '42' });
          return response.end();
        case '/early':
          response.writeEarlyHints({ link: '</a.css>; rel=preload' });
          return response.end('late');
        case '/empty':
          return response.writeHead(204).end();
        default:
          return response.writeHead(200, { 'Content-Length': '7' }).end('content');
      }
    });
    await using gateway = await openGateway({ backends: [backend] });
    await using client = await openHttp2Client(gateway.port);
    expect(await client.ask({ ':path': '/trailers' })).toMatchObject({
      body: 'body',
      trailers: { 'x-sum': '42' },
      code: 0,
    });
    expect(await client.ask({ ':path': '/early' })).toMatchObject({ status: 200, body: 'late', information: [103] });
    expect(await client.ask({ ':path': '/empty' })).toMatchObject({ status: 204, body: '', code: 0 });
    const head = await client.ask({ ':path': '/', ':method': 'HEAD' });
    expect(head).toMatchObject({ status: 200, body: '', code: 0, headers: { 'content-length': '7' } });
  });

  it('gets 1xx and 204 without the lengths that an instance gives them amiss', async () => {
    const lines = [
      'HTTP/1.1 103 Early Hints',
      'Content-Length: 5',
      '',
      'HTTP/1.1 204 No Content',
      'Content-Length: 5',
      '',
      '',
    ];
    await using backend = await openRawBackend(
      (socket) => void socket.once('data', () => socket.write(lines.join('\r\n'))),
    );
    await using gateway = await openGateway({ backends: [backend] });
    await using client = await openHttp2Client(gateway.port);
    expect(await client.ask()).toMatchObject({ status: 204, body: '', code: 0, information: [103] });
  });

  it('sends trailers', async () => {
    await using backend = await openEcho();
    await using gateway = await openGateway({ backends: [backend] });
    await using client = await openHttp2Client(gateway.port);
    const stream = client.session.request(
      { ':path': '/', ':authority': host, ':method': 'POST' },
      { waitForTrailers: true },
    );
    stream.once('wantTrailers', () => stream.sendTrailers({ 'x-sum': '42' }));
    stream.end('hello');
    const { body, trailers } = echoed(await answerOn(stream));
    expect([body, trailers]).toEqual(['hello', ['x-sum', '42']]);
  });

  it('is answered by the gateway where no instance is', async () => {
    await using gateway = await openGateway({ httpOption: 'Redirected' });
    await using client = await openHttp2Client(gateway.port);
    expect(await client.ask({ ':authority': 'other.example.com' })).toMatchObject({
      status: 404,
      body: '',
      headers: { 'ebb-reason': 'no-route' },
    });
    expect(await client.ask({ ':path': '/x' })).toMatchObject({
      status: 301,
      headers: { location: `https://${host}/x` },
    });
    expect(await client.ask({ host: 'other.example.com' })).toMatchObject({ status: 400 });
    expect(await client.ask({ ':method': 'CONNECT', ':path': undefined })).toMatchObject({ status: 405 });
  });

  it('sends and gets large bodies at the pace of the slower side', async () => {
    const size = 8 * 1024 * 1024;
    let taken = 0;
    await using backend = await openHttpBackend((request, response) => {
      if (request.url === '/get') return void response.end(Buffer.alloc(size, 'x'));
      request.on('data', (chunk: Buffer) => (taken += chunk.length));
      request.once('end', () => response.end(String(taken)));
      request.pause();
      setTimeout(() => request.resume(), 100);
    });
    await using gateway = await openGateway({ backends: [backend] });
    await using client = await openHttp2Client(gateway.port);
    expect((await client.ask({ ':method': 'POST' }, 'y'.repeat(size))).body).toBe(String(size));
    expect((await client.ask({ ':path': '/get' })).body).toHaveLength(size);
  });

  it('holds an instance up that sends more than it reads', async () => {
    let sent = 0;
    await using backend = await openHttpBackend((_, response) => {
      const chunk = Buffer.alloc(64 * 1024);
      const more = (): void => {
        do sent += chunk.length;
        while (response.write(chunk));
      };
      response.on('drain', more);
      more();
    });
    await using gateway = await openGateway({ backends: [backend] });
    await using client = await openHttp2Client(gateway.port);
    const stream = client.begin();
    stream.on('error', () => {});
    await once(stream, 'response');
    let before = -1;
    await expectSoon(() => {
      const still = sent === before;
      before = sent;
      return still && sent > 0;
    });
    expect(sent).toBeLessThan(16 * 1024 * 1024);
  });

  it('frees the instance when it leaves, and sees it when the instance breaks off', async () => {
    let gone = 0;
    await using backend = await openHttpBackend((request, response) => {
      response.on('close', () => gone++);
      if (request.url === '/broken') {
        response.write('some');
        setTimeout(() => response.destroy(), 20);
      }
    });
    await using gateway = await openGateway({ backends: [backend] });
    await using client = await openHttp2Client(gateway.port);
    const stream = client.begin();
    stream.on('error', () => {});
    await expectSoon(() => gateway.inFlight() === 1);
    stream.close(constants.NGHTTP2_CANCEL);
    await expectSoon(() => gateway.inFlight() === 0 && gone === 1);
    expect(await client.ask({ ':path': '/broken' })).toMatchObject({
      status: 200,
      code: constants.NGHTTP2_INTERNAL_ERROR,
    });
    expect(client.session.destroyed).toBe(false);
  });

  it('may leave while it waits for an instance', async () => {
    await using gateway = await openGateway();
    await using client = await openHttp2Client(gateway.port);
    const stream = client.begin({ ':method': 'POST' }, { endStream: false });
    stream.on('error', () => {});
    stream.write('some');
    await expectSoon(() => gateway.activator.waiting === 1);
    stream.close(constants.NGHTTP2_CANCEL);
    await expectSoon(() => gateway.activator.waiting === 0);
  });

  it('is told to stop a body that nobody wants', async () => {
    await using gateway = await openGateway();
    await using client = await openHttp2Client(gateway.port);
    const stream = client.begin({ ':method': 'POST', ':authority': 'other.example.com' }, { endStream: false });
    stream.write('some');
    expect(await answerOn(stream)).toMatchObject({ status: 404, code: 0 });
    await using backend = await openHttpBackend((_, response) => {
      response.writeHead(413, { 'Content-Length': '1000000' }).end('x'.repeat(1_000_000));
    });
    gateway.addPod(backend);
    const long = client.begin({ ':method': 'POST' }, { endStream: false });
    long.write('some');
    const answer = await answerOn(long);
    expect([answer.status, answer.body.length, answer.code]).toEqual([413, 1_000_000, 0]);
  });

  it('may end a body that was answered already, and loses nothing by it', async () => {
    await using gateway = await openGateway();
    await using client = await openRawHttp2Client(gateway);
    const head = fieldBlock([':method', 'POST', ':scheme', 'http', ':path', '/', ':authority', 'other.example.com']);
    const part = 'x'.repeat(16_384);
    client.send(frame('headers', 1, { flags: flags.endHeaders, payload: head }), frame('data', 1, { payload: part }));
    expect(await client.outcomeOf(1)).toBe(404);
    for (let i = 0; i < 3; i++) client.send(frame('data', 1, { payload: part }));
    client.send(frame('data', 1, { flags: flags.endStream }));
    expect(await client.isHeard()).toBe(true);
    expect(client.wasReset(1)).toBe(false);
  });

  it('keeps its connection until its last request is answered when the gateway closes', async () => {
    await using backend = await openHttpBackend((_, response) => void setTimeout(() => response.end('late'), 150));
    await using gateway = await openGateway({ backends: [backend] });
    await using idle = await openHttp2Client(gateway.port);
    await using client = await openHttp2Client(gateway.port);
    const answer = client.ask();
    await expectSoon(() => gateway.inFlight() === 1);
    const goaway = once(client.session, 'goaway');
    const closed = gateway.plane.close({ graceMs: 5000 });
    await goaway;
    expect(await answer).toMatchObject({ status: 200, body: 'late', code: 0 });
    await closed;
    await expectSoon(() => idle.session.destroyed && client.session.destroyed);
  });

  it('is shut out when it opens streams only to break them off', async () => {
    await using gateway = await openGateway();
    await using client = await openHttp2Client(gateway.port);
    const isOut = (): boolean => client.session.destroyed || client.session.closed;
    const breakOff = (): void => {
      for (let i = 0; i < 200 && !isOut(); i++) {
        const stream = client.begin();
        stream.on('error', () => {});
        stream.close(constants.NGHTTP2_CANCEL);
      }
    };
    await expectSoon(() => {
      breakOff();
      return isOut();
    });
    await expectSoon(() => gateway.activator.waiting === 0);
  });

  it('may not send more headers than there may be', async () => {
    await using backend = await openEcho();
    await using gateway = await openGateway({ backends: [backend], limits: { headerBytes: 4096 } });
    await using client = await openHttp2Client(gateway.port);
    expect(await client.ask({ 'x-long': 'x'.repeat(8000) })).toMatchObject({ status: 431 });
    expect(await client.ask()).toMatchObject({ status: 200 });
  });

  it('is let go once it has nothing to ask', async () => {
    await using gateway = await openGateway({ limits: { keepAliveMs: 100 } });
    await using client = await openHttp2Client(gateway.port);
    await expectSoon(() => client.session.destroyed);
  });

  it('finds the preface of HTTP/2 only where a connection begins', async () => {
    await using gateway = await openGateway();
    expect(await exchangeRaw(gateway.port, 'PRI * HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1.1 [45]/);
    const socket = connect(gateway.port, '127.0.0.1');
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnot a frame at all, and long enough');
    socket.resume();
    await once(socket, 'close');
  });
});

describe('an instance that speaks HTTP/2', () => {
  interface Http2Backend extends AsyncDisposable {
    readonly port: number;
    sessions: number;
  }

  async function open(
    answer: (path: string, refuse: () => void) => string | undefined,
    streams = 100,
  ): Promise<Http2Backend> {
    const server = createHttp2Server({ settings: { maxConcurrentStreams: streams } });
    const backend: Http2Backend = {
      port: 0,
      sessions: 0,
      [Symbol.asyncDispose]: async () => {
        server.close();
        await Promise.resolve();
      },
    };
    server.on('session', () => backend.sessions++);
    server.on('stream', (stream, headers) => {
      stream.on('error', () => {});
      const body = answer(String(headers[':path']), () => stream.close(constants.NGHTTP2_REFUSED_STREAM));
      if (body === undefined) return;
      stream.respond({ ':status': 200 }, { waitForTrailers: true });
      stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(body);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return Object.assign(backend, { port: (server.address() as AddressInfo).port });
  }

  it('serves clients of both versions, its trailers in both', async () => {
    await using backend = await open((path) => `hello ${path}`);
    await using gateway = await openGateway({ settings: { protocol: 'h2c' } });
    gateway.addPod(backend);
    await using client = await openHttp2Client(gateway.port);
    const answer = await client.ask({ ':path': '/a' });
    expect(answer).toMatchObject({ status: 200, body: 'hello /a', trailers: { 'grpc-status': '0' } });
    const text = await exchangeRaw(gateway.port, `GET /b HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1.1 200 OK[^]*hello \/b[^]*grpc-status: 0/);
    expect(backend.sessions).toBe(1);
  });

  it('is given more connections while it takes no more streams on one', async () => {
    let open_ = 0;
    let most = 0;
    await using backend = await open(() => {
      most = Math.max(most, ++open_);
      return undefined;
    }, 2);
    await using gateway = await openGateway({ settings: { protocol: 'h2c' } });
    gateway.addPod(backend);
    await using client = await openHttp2Client(gateway.port);
    client.begin().on('error', () => {});
    await expectSoon(() => most === 1);
    for (let i = 0; i < 5; i++) client.begin().on('error', () => {});
    await expectSoon(() => most === 6);
    expect(backend.sessions).toBe(3);
  });

  it.each([
    ['ten streams a connection', 10, 0],
    ['two, and has told so', 2, 1],
  ])('is not sent bodies that it refuses: %s', async (_, streams, before) => {
    await using backend = await open((path) => path, streams);
    await using gateway = await openGateway({ settings: { protocol: 'h2c' } });
    gateway.addPod(backend);
    await using client = await openHttp2Client(gateway.port);
    for (const count of [before, 40]) {
      const answers = await Promise.all(
        Array.from({ length: count }, () => client.ask({ ':method': 'POST' }, 'hello')),
      );
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    }
  });

  it('is given many bodies at once without a listener for each', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on('warning', note);
    await using backend = await open((path) => path);
    await using gateway = await openGateway({ settings: { protocol: 'h2c' } });
    gateway.addPod(backend);
    await using client = await openHttp2Client(gateway.port);
    const answers = await Promise.all(Array.from({ length: 40 }, () => client.ask({ ':method': 'POST' }, 'hello')));
    process.off('warning', note);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(warnings.filter(({ name }) => name === 'MaxListenersExceededWarning')).toEqual([]);
  });

  it('is asked again for a stream it has refused', async () => {
    let refused = 0;
    await using backend = await open((_, refuse) => {
      if (refused++ > 0) return 'at last';
      refuse();
      return undefined;
    });
    await using gateway = await openGateway({ settings: { protocol: 'h2c' } });
    gateway.addPod(backend);
    await using client = await openHttp2Client(gateway.port);
    expect(await client.ask()).toMatchObject({ status: 200, body: 'at last' });
  });

  it('is not spoken to in HTTP/2 where it is none: 502', async () => {
    await using backend = await openRawBackend(
      (socket) => void socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    );
    await using gateway = await openGateway({ settings: { protocol: 'h2c' }, backends: [backend] });
    await using client = await openHttp2Client(gateway.port);
    expect(await client.ask()).toMatchObject({ status: 502 });
  });
});
