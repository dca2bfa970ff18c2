import type { Server } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import { keys, resources, revisionSplit } from '@ebb/api';
import { type Logger, silentLogger } from '@ebb/base';
import { textOf } from '@ebb/base/metrics';
import { FakeClock } from '@ebb/base/testing';
import { expect, it } from 'vitest';
import { type FromWorker, type ToWorker, WorkerHub } from '../src/index.ts';
import { type Backend, expectSoon, host, openHttpBackend } from './harness.ts';
import { openHttp2Client } from './http2-client.ts';
import { exchangeRaw, openRawClient } from './raw-client.ts';
import { fieldBlock, flags, frame, openRawHttp2Client } from './raw-http2-client.ts';
import { openWorld } from './world.ts';

const prefix = 'service.beta.kubernetes.io/alibaba-cloud-loadbalancer-';

const openNamed = (name: string): Promise<Backend> =>
  openHttpBackend((request, response) => {
    const { 'x-forwarded-for': by, 'x-forwarded-port': port, 'x-forwarded-client-srcport': from } = request.headers;
    response.end(`from ${name} for ${String(by)} at ${String(port)} by ${String(from)}.`);
  }, echoUpgraded);

const echoUpgraded = (server: Server): void =>
  void server.on('upgrade', (_, socket) => {
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\nSet-Cookie: own=1\r\n\r\n',
    );
    socket.pipe(socket).on('error', () => {});
  });

it('brings clients back to the instance they had, by a cookie', async () => {
  await using a = await openNamed('a');
  await using b = await openNamed('b');
  await using c = await openNamed('c');
  await using world = await openWorld([a, b, c]);
  world.ask({ [`${prefix}sticky-session`]: 'on', [`${prefix}cookie-timeout`]: '60' });
  let cookie = '';
  await expectSoon(async () => {
    cookie =
      /^set-cookie: (SERVERID=\w{16}); Path=\/; Max-Age=60; HttpOnly; SameSite=Lax$/im.exec(await world.get())?.[1] ??
      '';
    return cookie !== '';
  });
  const names = new Set<string>();
  for (let i = 0; i < 20; i++) {
    const text = await (i % 2 === 0
      ? world.get(`Cookie: other=1; ${cookie}`)
      : world.get('Cookie: other=1', `Cookie: ${cookie}`));
    names.add(/from (\w)/.exec(text)?.[1] ?? '');
    expect(text).not.toMatch(/set-cookie/i);
  }
  expect(names.size).toBe(1);
  await using upgraded = await openRawClient(world.gateway.publicAddress.port);
  upgraded.send(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n`);
  expect(await upgraded.hears('\r\n\r\n')).toMatch(
    /^HTTP\/1.1 101 [^]*set-cookie: own=1\r\nset-cookie: SERVERID=\w{16}; Path=/,
  );
  // It goes, and others take over.
  const index = ['a', 'b', 'c'].indexOf([...names].join());
  const gone = world.client.find(resources.pods, `default/pod-${index}`);
  if (gone) world.client.remove(resources.pods, gone);
  await expectSoon(async () => /set-cookie: SERVERID/i.test(await world.get(`Cookie: ${cookie}`)));
});

it('brings clients back to the instance they had of several revisions', async () => {
  await using a = await openNamed('a');
  await using b = await openNamed('b');
  await using world = await openWorld([a, b]);
  const { client } = world;
  const [revision, pod, ingress] = [
    client.find(resources.revisions, 'default/hello-00001'),
    client.find(resources.pods, 'default/pod-1'),
    client.find(resources.ingresses, 'default/hello'),
  ];
  if (!revision || !pod || !ingress) throw new Error('the world has changed');
  client.put(resources.revisions, { ...revision, metadata: { ...revision.metadata, name: 'hello-00002' } });
  client.put(resources.pods, {
    ...pod,
    metadata: { ...pod.metadata, labels: { [keys.revision]: 'hello-00002' } },
  });
  const splits = ['hello-00001', 'hello-00002'].map((name) => revisionSplit({ namespace: 'default', name }, 50));
  client.put(resources.ingresses, {
    ...ingress,
    spec: { rules: [{ hosts: [host], http: { paths: [{ splits }] } }] },
  });
  world.ask({ [`${prefix}sticky-session`]: 'on' });
  await expectSoon(async () => /set-cookie/i.test(await world.get()));
  for (const name of ['a', 'b']) {
    let cookie = '';
    await expectSoon(async () => {
      const text = await world.get();
      cookie = /SERVERID=\w{16}/.exec(text)?.[0] ?? '';
      return text.includes(`from ${name} `);
    });
    for (let i = 0; i < 10; i++) expect(await world.get(`Cookie: ${cookie}`)).toContain(`from ${name} `);
  }
});

it('brings clients back by a cookie of the app, which does not see what was added to it', async () => {
  const names = ['a', 'b', 'c'];
  const backends = await Promise.all(
    names.map((name) =>
      openHttpBackend((request, response) => {
        const { cookie } = request.headers;
        if (!cookie) response.setHeader('Set-Cookie', ['lang=en', `sid=${name}-1=; Path=/; HttpOnly`]);
        response.end(`from ${name} with <${String(cookie)}>`);
      }),
    ),
  );
  await using world = await openWorld(backends);
  world.ask({
    [`${prefix}sticky-session`]: 'on',
    [`${prefix}sticky-session-type`]: 'server',
    [`${prefix}cookie`]: 'sid',
  });
  let [sid, name]: (string | undefined)[] = [];
  await expectSoon(async () => {
    const text = await world.get();
    expect(text).toContain('Set-Cookie: lang=en\r\n');
    [, sid, name] = /Set-Cookie: sid=([\da-f]{16}~(\w)-1=); Path=\/; HttpOnly\r\n/i.exec(text) ?? [];
    return sid !== undefined;
  });
  for (let i = 0; i < 10; i++) {
    expect(await world.get(`Cookie: lang=en; sid=${sid};x=1`)).toContain(
      `from ${name} with <lang=en; sid=${name}-1=;x=1>`,
    );
  }
  const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', `Cookie: sid=${sid}`];
  const asked = ['GET / HTTP/1.1', `Host: ${host}`, ...upgrade, '', ''].join('\r\n');
  await using client = await openRawClient(world.gateway.publicAddress.port);
  client.send(asked);
  expect(await client.hears('with <')).toContain(`from ${name} with <sid=${name}-1=>`);
  await Promise.all(backends.map((backend) => backend[Symbol.asyncDispose]()));
});

it('limits the rate of a route, and of each client of it', async () => {
  await using backend = await openNamed('a');
  await using world = await openWorld([backend]);
  world.limit({ 'ebb.dev/rate-limit-per-client': '0.01/3' });
  world.ask({ 'ebb.dev/trusted-proxies': '127.0.0.1' });
  await expectSoon(async () => (await world.get('X-Forwarded-For: 192.0.2.1')).startsWith('HTTP/1.1 429'));
  const refused = await world.get('X-Forwarded-For: 192.0.2.1');
  expect(refused).toMatch(/^HTTP\/1.1 429 Too Many Requests[^]*retry-after: \d+\r\n[^]*ebb-reason: rate-limited/i);
  expect(await world.get('X-Forwarded-For: 192.0.2.2')).toMatch(/^HTTP\/1.1 200/);
  await using client = await openHttp2Client(world.gateway.publicAddress.port);
  expect(await client.ask({ 'x-forwarded-for': '192.0.2.1' })).toMatchObject({ status: 429 });
  await using inside = await openHttp2Client(world.gateway.privateAddress?.port ?? 0);
  for (let i = 0; i < 5; i++) expect(await inside.ask({})).toMatchObject({ status: 200 });
  world.limit({});
  await expectSoon(async () => (await world.get('X-Forwarded-For: 192.0.2.1')).startsWith('HTTP/1.1 200'));
});

it('tells instances of ports, and believes nobody who is not trusted', async () => {
  await using backend = await openNamed('a');
  await using world = await openWorld([backend]);
  expect(await world.get('X-Forwarded-For: 192.0.2.1')).toContain(
    'for 192.0.2.1, 127.0.0.1 at undefined by undefined.',
  );
  world.ask({
    [`${prefix}xforwardedfor-slbport`]: 'on',
    [`${prefix}xforwardedfor-clientsrcport`]: 'on',
    'ebb.dev/trusted-proxies': '10.0.0.0/8',
  });
  const own = `for 127.0.0.1 at ${world.gateway.publicAddress.port} by `;
  await expectSoon(async () => (await world.get('X-Forwarded-For: 192.0.2.1', 'X-Forwarded-Port: 1')).includes(own));
});

it('redirects all to https, takes the PROXY protocol, and bounds requests, where annotations say so', async () => {
  await using backend = await openHttpBackend((request, response) => {
    if (request.url !== '/never') response.end(String(request.headers['x-forwarded-for']));
  }, echoUpgraded);
  await using world = await openWorld([backend]);
  const { port } = world.gateway.publicAddress;
  const never = `GET /never HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
  world.ask({ [`${prefix}forward-port`]: '80:443' });
  await expectSoon(async () => (await world.get()).includes(`ocation: https://${host}/`));
  expect(await exchangeRaw(port, never.replace('/never', `http://${host}:80/never?again`))).toContain(
    `ocation: https://${host}/never?again\r\n`,
  );
  world.ask({ [`${prefix}proxy-protocol`]: 'on' });
  const proxied = never.replace('/never', '/');
  await expectSoon(async () =>
    (await exchangeRaw(port, `PROXY TCP4 192.0.2.7 10.0.0.1 49152 80\r\n${proxied}`)).includes('192.0.2.7'),
  );
  world.ask({ [`${prefix}request-timeout`]: '1' });
  await expectSoon(async () => (await world.get()).startsWith('HTTP/1.1 200'));
  await using inside = await openRawClient(world.gateway.privateAddress?.port ?? 0);
  inside.send(never);
  await using upgraded = await openRawClient(port);
  upgraded.send(never.replace('Connection: close', 'Connection: Upgrade\r\nUpgrade: echo'));
  await upgraded.hears('HTTP/1.1 101');
  expect(await exchangeRaw(port, never)).toMatch(/^HTTP\/1.1 504/);
  // Neither requests from inside the cluster nor what has been upgraded, though nothing was said since.
  expect(inside.heard()).toBe('');
  upgraded.send('hello');
  await upgraded.hears('hello');
});

it('takes each instance in turn where the scheduler says so', async () => {
  const backends = await Promise.all(['a', 'b', 'c'].map(openNamed));
  await using world = await openWorld(backends);
  world.ask({ [`${prefix}scheduler`]: 'rr' });
  const turns = async (): Promise<string[]> => {
    const names: string[] = [];
    for (let i = 0; i < 9; i++) names.push(/from (\w)/.exec(await world.get())?.[1] ?? '');
    return names;
  };
  await expectSoon(async () => {
    const [first, second, third, ...rest] = await turns();
    const round = [first, second, third];
    return new Set(round).size === 3 && rest.join() === [...round, ...round].join();
  });
  await Promise.all(backends.map((backend) => backend[Symbol.asyncDispose]()));
});

it('counts requests of each revision, and how they ended', async () => {
  await using backend = await openHttpBackend((request, response) => {
    response.statusCode = request.headers['x-fail'] ? 500 : 200;
    response.end();
  });
  await using world = await openWorld([backend]);
  await world.get();
  await world.get();
  await world.get('X-Fail: 1');
  const text = await textOf((out) => world.gateway.metrics(out));
  const counts = text.matchAll(
    /^activator_request_count\{.*revision_name="hello-00001",response_code="(\d+)".*\} (\d+)$/gm,
  );
  expect(Array.from(counts, ([, status, count]) => [status, count])).toEqual([
    ['200', '2'],
    ['500', '1'],
  ]);
  expect(text).toMatch(/^kn_revision_request_concurrency\{.*k8s_namespace_name="default".*\} 0$/m);
  const revision = world.client.find(resources.revisions, 'default/hello-00001');
  if (revision) world.client.remove(resources.revisions, revision);
  await expectSoon(async () => !(await textOf((out) => world.gateway.metrics(out))).includes('hello-00001'));
});

it('logs requests once the ConfigMap asks for it', async () => {
  const requests: object[] = [];
  const logger: Logger = {
    ...silentLogger,
    info: (fields, message) => void (message === 'request' && requests.push(fields)),
    child: () => logger,
  };
  await using backend = await openHttpBackend(
    (request, response) => void request.resume().on('end', () => response.end()),
  );
  await using world = await openWorld([backend], logger);
  await world.get();
  expect(requests).toEqual([]);
  world.client.put(resources.configMaps, {
    metadata: { namespace: 'knative-serving', name: 'config-observability' },
    data: { 'logging.enable-request-log': 'true' },
  });
  await expectSoon(async () => {
    await world.get('User-Agent: me', 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
    return requests.length > 0;
  });
  expect(requests[0]).toMatchObject({
    revision: 'default/hello-00001',
    pod: 'pod-0',
    traceId: '0af7651916cd43dd8448eb211c80319c',
    httpRequest: {
      requestMethod: 'GET',
      requestUrl: `http://${host}/`,
      status: 200,
      userAgent: 'me',
      remoteIp: '127.0.0.1',
      serverIp: '127.0.0.1',
      protocol: 'HTTP/1.1',
    },
  });
  requests.length = 0;
  const { port } = world.gateway.publicAddress;
  await exchangeRaw(port, 'GET / HTTP/1.1\r\nno header\r\n\r\n');
  await using client = await openRawClient(port);
  client.send(`POST /chunks HTTP/1.1\r\nHost: ${host}\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n`);
  await client.hears('100 Continue');
  client.send('none\r\n');
  await client.end();
  await using modern = await openRawHttp2Client({ port });
  modern.send(
    frame('headers', 1, { flags: flags.endHeaders | flags.endStream, payload: fieldBlock([':method', 'GET']) }),
  );
  expect(await modern.outcomeOf(1)).toBe('reset');
  expect(requests).toMatchObject([
    { httpRequest: { status: 400, requestUrl: 'http://', remoteIp: '127.0.0.1' } },
    { httpRequest: { status: 400, requestUrl: `http://${host}/chunks` } },
    { httpRequest: { status: 400, requestUrl: 'http://', protocol: 'HTTP/2.0' } },
  ]);
});

it('logs requests as a template asks for, and says what is wrong with one it cannot read', async () => {
  const lines: { readonly fields: object; readonly message: string }[] = [];
  const logger: Logger = {
    ...silentLogger,
    info: (fields, message) => void lines.push({ fields, message }),
    child: () => logger,
  };
  await using backend = await openHttpBackend((request, response) => void response.end(request.url));
  await using world = await openWorld([backend], logger);
  const ask = (template: string): unknown =>
    world.client.put(resources.configMaps, {
      metadata: { namespace: 'knative-serving', name: 'config-observability' },
      data: { 'logging.enable-request-log': 'true', 'logging.request-log-template': template },
    });
  const logs = (expected: object): Promise<unknown> =>
    expectSoon(async () => {
      lines.length = 0;
      await world.get('User-Agent: me');
      return lines.some((line) => isDeepStrictEqual({ ...line, ...expected }, line));
    });
  ask('{{.Request.Method}} {{.Response.Code}} {{.Revision.Name}}');
  await logs({ message: 'GET 200 hello-00001' });
  ask('{"agent": "{{.Request.UserAgent}}", "code": {{.Response.Code}}}');
  await logs({ fields: { agent: 'me', code: 200 } });
  ask('{{range .Request.Header}}');
  await logs({ message: 'request' });
  await expectSoon(async () =>
    (await world.client.list(resources.events)).items.some(({ reason }) => reason === 'BadTemplate'),
  );
  expect(lines.find(({ message }) => message === 'request')?.fields).toMatchObject({
    httpRequest: { userAgent: 'me' },
  });
});

it('logs upgraded connections at their end, with the bytes of both sides', async () => {
  const requests: object[] = [];
  const logger: Logger = {
    ...silentLogger,
    info: (fields, message) => void (message === 'request' && requests.push(fields)),
    child: () => logger,
  };
  await using backend = await openHttpBackend(
    (_, response) => response.writeHead(403).end('no'),
    (server) =>
      server.on('upgrade', (request, socket) => {
        if (request.headers['x-refuse']) return socket.end('HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n\r\nno');
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello');
        return socket.pipe(socket);
      }),
  );
  await using world = await openWorld([backend], logger);
  world.client.put(resources.configMaps, {
    metadata: { namespace: 'knative-serving', name: 'config-observability' },
    data: { 'logging.enable-request-log': 'true' },
  });
  const upgrade = (path: string, more = ''): string =>
    `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: echo\r\n${more}\r\n`;
  await expectSoon(async () => {
    await world.get();
    return requests.length > 0;
  });
  requests.length = 0;
  await using client = await openRawClient(world.gateway.publicAddress.port);
  client.send(upgrade('/socket'));
  await client.hears('hello');
  client.send('12345');
  await client.hears('hello12345');
  expect(requests).toEqual([]);
  client.socket.end();
  await expectSoon(() => requests.length === 1);
  const about = { revision: 'default/hello-00001', pod: 'pod-0' };
  expect(requests[0]).toMatchObject({
    ...about,
    httpRequest: { requestUrl: `http://${host}/socket`, status: 101, requestSize: 5, responseSize: 10 },
  });
  await exchangeRaw(world.gateway.publicAddress.port, upgrade('/refused', 'X-Refuse: 1\r\n'));
  await expectSoon(() => requests.length === 2);
  expect(requests[1]).toMatchObject({ ...about, httpRequest: { status: 409, responseSize: 2 } });
  expect(await textOf((out) => world.gateway.metrics(out))).toMatch(
    /^activator_request_count\{.*response_code="409".*\} 1$/m,
  );
});

it('counts requests together with other workers, in every version of HTTP, though their clients may leave', async () => {
  const bodies: string[] = [];
  await using backend = await openHttpBackend(
    (request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => bodies.push(text));
      request.on('end', () => response.end('done'));
    },
    (server) =>
      server.on('upgrade', (_, socket) => {
        socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nupgraded');
      }),
  );
  // Nobody loses patience.
  const clock = new FakeClock();
  const hub = new WorkerHub(clock);
  let hear: (message: ToWorker) => void = () => {};
  const seat = hub.join((message) => hear(message));
  let held: FromWorker[] | undefined;
  let isAsked = false;
  await using world = await openWorld([backend], silentLogger, {
    clock,
    main: {
      send: (message) => {
        isAsked ||= message.type === 'take';
        if (held) held.push(message);
        else seat.take(message);
      },
      listen: (take) => {
        hear = take;
        return { [Symbol.dispose]: () => {} };
      },
    },
  });
  const { port } = world.gateway.publicAddress;
  world.limit({ 'ebb.dev/rate-limit': '0.001/5' });
  const begin = `POST / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody`;
  // The limit is there once somebody is asked.
  await expectSoon(async () => {
    await exchangeRaw(port, begin);
    return isAsked;
  });
  bodies.length = 0;
  // Of one that is answered, one whose client does not wait, and one that is to be upgraded.
  held = [];
  await using client = await openRawClient(port);
  client.send(begin);
  await expectSoon(() => held?.length === 1);
  await using impatient = await openRawClient(port);
  impatient.send(begin);
  await expectSoon(() => held?.length === 2);
  impatient.socket.destroy();
  await using upgrading = await openRawClient(port);
  upgrading.send(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n`);
  await expectSoon(() => held?.length === 3);
  const questions = held ?? [];
  held = undefined;
  for (const question of questions) seat.take(question);
  expect(await client.end()).toMatch(/^HTTP\/1.1 200 [^]*done$/);
  expect(await upgrading.hears('upgraded')).toMatch(/^HTTP\/1.1 101 /);
  expect(bodies).toEqual(['body']);
  await using overHttp2 = await openHttp2Client(port);
  expect(await overHttp2.ask({ ':method': 'POST' }, 'more')).toMatchObject({ status: 200, body: 'done' });
  expect(await overHttp2.ask()).toMatchObject({ status: 429, headers: { 'ebb-reason': 'rate-limited' } });
  expect(await exchangeRaw(port, begin)).toMatch(/^HTTP\/1.1 429 /);
  expect(bodies).toEqual(['body', 'more']);
  expect(await textOf((out) => world.gateway.metrics(out))).toContain(
    'ebb_unrouted_requests_total{reason="rate-limited"',
  );
});
