import { revisionSplit } from '@ebb/api';
import { UserError, systemClock } from '@ebb/base';
import { describe, expect, it } from 'vitest';
import { expectSoon, host, openGateway, openHttpBackend, openRawBackend, revision } from './harness.ts';
import { expectHears, expectEnd, exchangeRaw, openRawClient } from './raw-client.ts';

const get = (path = '/', more = ''): string => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`;
const getOnce = (path = '/'): string => get(path, 'Connection: close\r\n');

describe('who asks for nothing that is served', () => {
  it('gets 404 with an empty body', async () => {
    await using gateway = await openGateway();
    const text = await exchangeRaw(gateway.port, 'GET / HTTP/1.1\r\nHost: nobody\r\nConnection: close\r\n\r\n');
    expect(text).toMatch(/^HTTP\/1.1 404 Not Found\r\n/);
    expect(text).toContain('ebb-reason: no-route');
    expect(text).toMatch(/\r\n\r\n$/);
  });

  it('does not see local hosts from outside', async () => {
    await using backend = await openHttpBackend((_, response) => void response.end('local'));
    const splits = [revisionSplit({ namespace: 'default', name: 'hello-00001' }, 100)];
    const rules = [
      { hosts: ['a.b.svc.cluster.local'], visibility: 'ClusterLocal' as const, http: { paths: [{ splits }] } },
    ];
    await using gateway = await openGateway({ backends: [backend], rules });
    const asked = 'GET / HTTP/1.1\r\nHost: a.b:80\r\nConnection: close\r\n\r\n';
    expect(await exchangeRaw(gateway.port, asked)).toMatch(/^HTTP\/1.1 404/);
    expect(await exchangeRaw(gateway.privatePort, asked)).toMatch(/local$/);
  });

  it('is sent to https where plain HTTP is not served', async () => {
    await using gateway = await openGateway({ httpOption: 'Redirected' });
    const text = await exchangeRaw(gateway.port, getOnce('/a?b'));
    expect(text).toMatch(/^HTTP\/1.1 301/);
    expect(text).toContain(`Location: https://${host}/a?b`);
  });
});

describe('probes of the network', () => {
  const probe = (more: string): string => get('/healthz', `Connection: close\r\n${more}`);

  it.each([
    ['K-Network-Probe: probe\r\nK-Network-Hash: override\r\n', /^HTTP\/1.1 200[^]*K-Network-Hash: [0-9a-f]{64}\r\n/],
    ['K-Network-Probe: probe\r\nK-Network-Hash: mine\r\n', /^HTTP\/1.1 200[^]*K-Network-Hash: mine\r\n/],
    ['K-Network-Probe: probe\r\n', /^HTTP\/1.1 400/],
    ['K-Network-Probe: activator\r\n', /^HTTP\/1.1 200[^]*\r\n\r\nactivator$/],
    ['K-Network-Probe: odd\r\n', /^HTTP\/1.1 400[^]*unexpected probe header value: "odd"/],
  ])('%j is answered by the gateway itself', async (headers, expected) => {
    await using gateway = await openGateway();
    expect(await exchangeRaw(gateway.port, probe(headers))).toMatch(expected);
    expect(
      gateway.reports.flatMap(({ revisions }) => revisions).filter(({ requestCount }) => requestCount > 0),
    ).toEqual([]);
  });
});

describe('a request that HTTP does not allow', () => {
  const bad = (headers: string, line = 'POST / HTTP/1.1'): string => `${line}\r\n${headers}\r\n`;
  it.each([
    ['both lengths', bad(`Host: ${host}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n`), 400],
    ['two lengths', bad(`Host: ${host}\r\nContent-Length: 4\r\nContent-Length: 5\r\n`), 400],
    ['an odd length', bad(`Host: ${host}\r\nContent-Length: +4\r\n`), 400],
    ['an odd encoding', bad(`Host: ${host}\r\nTransfer-Encoding: gzip, chunked\r\n`), 501],
    ['a hidden encoding', bad(`Host: ${host}\r\nTransfer-Encoding: xchunked\r\n`), 400],
    ['an encoding twice', bad(`Host: ${host}\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n`), 400],
    ['chunks in HTTP/1.0', bad(`Host: ${host}\r\nTransfer-Encoding: chunked\r\n`, 'POST / HTTP/1.0'), 400],
    ['no host', bad('', 'GET / HTTP/1.1'), 400],
    ['two hosts', bad(`Host: ${host}\r\nHost: other\r\n`, 'GET / HTTP/1.1'), 400],
    ['a bad host', bad('Host: a/b\r\n', 'GET / HTTP/1.1'), 400],
    ['a host with a user', bad('Host: a@b\r\n', 'GET / HTTP/1.1'), 400],
    ['a space before the colon', bad(`Host : ${host}\r\n`, 'GET / HTTP/1.1'), 400],
    ['a folded header', bad(`Host: ${host}\r\nX: a\r\n b\r\n`, 'GET / HTTP/1.1'), '400|404'],
    ['a bad target', bad(`Host: ${host}\r\n`, 'GET foo HTTP/1.1'), 400],
    ['an odd scheme', bad(`Host: ${host}\r\n`, 'GET ftp://x/ HTTP/1.1'), 400],
    ['CONNECT', bad(`Host: ${host}\r\n`, `CONNECT ${host}:443 HTTP/1.1`), 405],
    ['another protocol', 'SSH-2.0-OpenSSH_9\r\n\r\n', 400],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
    ['too much of it', `GET / HTTP/1.1\r\nHost: ${host}\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`, 431],
  ])('%s is refused', async (_, request, status) => {
    await using backend = await openHttpBackend((__, response) => void response.end('served'));
    await using gateway = await openGateway({ backends: [backend] });
    await using client = await openRawClient(gateway.port);
    client.send(Buffer.from(request, 'latin1'));
    await expectHears(client, new RegExp(`^HTTP/1.1 (${status})`));
    expect(client.heard()).not.toContain('served');
    expect(await exchangeRaw(gateway.port, getOnce())).toContain('served');
  });

  it.each(['Transfer-Encoding: xchunked', 'Transfer-Encoding: gzip, chunked', 'Host: other'])(
    '%s leaves its connection in doubt, and it is closed after one answer',
    async (header) => {
      await using backend = await openHttpBackend((_, response) => void response.end('served'));
      await using gateway = await openGateway({ backends: [backend] });
      const request = `POST / HTTP/1.1\r\nHost: ${host}\r\n${header}\r\n\r\n`;
      for (const more of [get(), `0\r\n\r\n${get()}`]) {
        const text = await exchangeRaw(gateway.port, request + more);
        expect(text.match(/HTTP\/1.1 \d+/g)).toHaveLength(1);
        expect(text).toMatch(/^HTTP\/1.1 (400|501)[^]*\r\nConnection: close\r\n/);
      }
      expect(backend.connections()).toBe(0);
    },
  );

  it('about everything is answered', async () => {
    await using gateway = await openGateway();
    expect(await exchangeRaw(gateway.port, `OPTIONS * HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 200/,
    );
  });

  it('may not take forever', async () => {
    await using gateway = await openGateway({ limits: { headersMs: 300 } });
    await using client = await openRawClient(gateway.port);
    client.send('GET / HTTP/1.1\r\nHost:');
    expect(await client.end()).toMatch(/^HTTP\/1.1 408/);
  });
});

describe('an instance that fails', () => {
  it('by refusing connections is left for another', async () => {
    await using backend = await openHttpBackend((_, response) => void response.end('ok'));
    await using gateway = await openGateway({ config: { containerConcurrency: 1 } });
    gateway.addPod({ port: 1 });
    gateway.addPod(backend);
    const post = `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi`;
    expect(await exchangeRaw(gateway.port, post)).toMatch(/ok$/);
  });

  it('by refusing connections does not cost a body in chunks', async () => {
    await using backend = await openHttpBackend((request, response) => void request.pipe(response));
    await using gateway = await openGateway({ config: { containerConcurrency: 1 } });
    gateway.addPod({ port: 1 });
    gateway.addPod(backend);
    const head = `POST / HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`;
    expect(await exchangeRaw(gateway.port, `${head}5\r\nhello\r\n0\r\n\r\n`)).toContain('hello');
  });

  it('by refusing connections, with no other to take its place, means 502', async () => {
    await using gateway = await openGateway();
    gateway.addPod({ port: 1 });
    const text = await exchangeRaw(gateway.port, getOnce());
    expect(text).toMatch(/^HTTP\/1.1 502/);
    expect(text).toContain('ebb-reason: connect-refused');
    expect(text).not.toContain('127.0.0.1');
  });

  it('before it answers means 502, and no other is tried', async () => {
    let requests = 0;
    const dying = () => openRawBackend((socket) => socket.once('data', () => (requests++, socket.destroy())));
    await using one = await dying();
    await using two = await dying();
    await using gateway = await openGateway({ backends: [one, two] });
    const text = await exchangeRaw(gateway.port, getOnce());
    expect(text).toMatch(/^HTTP\/1.1 502/);
    expect(text).toContain('ebb-reason: upstream-reset');
    expect(requests).toBe(1);
  });

  it.each([
    ['nonsense', 'nonsense\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['an upgrade nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'],
    ['endless headers', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`],
  ])('by answering %s means 502', async (_, answer) => {
    await using backend = await openRawBackend((socket) => socket.once('data', () => void socket.write(answer)));
    await using gateway = await openGateway({ backends: [backend] });
    expect(await exchangeRaw(gateway.port, getOnce())).toMatch(/^HTTP\/1.1 502/);
    expect(gateway.inFlight()).toBe(0);
  });

  it('by answering nonsense on a kept connection is not asked again', async () => {
    let requests = 0;
    await using backend = await openRawBackend((socket) =>
      socket.on('data', () => {
        requests++;
        socket.write(requests === 1 ? 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok' : 'nonsense\r\n\r\n');
      }),
    );
    await using gateway = await openGateway({ backends: [backend] });
    expect(await exchangeRaw(gateway.port, getOnce())).toMatch(/ok$/);
    const text = await exchangeRaw(gateway.port, getOnce());
    expect(text).toContain('ebb-reason: upstream-invalid');
    expect(requests).toBe(2);
    expect(backend.connections()).toBe(1);
  });

  it.each([
    ['chunked', 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'],
    ['sized', 'Content-Length: 100\r\n\r\nhello'],
  ])('in the middle of a %s body cuts the response', async (_, answer) => {
    await using backend = await openRawBackend((socket) =>
      socket.once('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\n${answer}`);
        setTimeout(() => socket.destroy(), 30);
      }),
    );
    await using gateway = await openGateway({ backends: [backend] });
    const text = await exchangeRaw(gateway.port, get());
    expect(text).toMatch(/^HTTP\/1.1 200/);
    expect(text).toContain('hello');
    expect(text).not.toContain('0\r\n\r\n');
  });

  it('for good refuses those who wait, with its reason', async () => {
    await using gateway = await openGateway();
    await using client = await openRawClient(gateway.port);
    client.send(get());
    await expectSoon(() => gateway.activator.waiting === 1);
    const readiness = { kind: 'tcp', timeoutMs: 1000, successThreshold: 1, initialDelayMs: 0 } as const;
    gateway.activator.setRevision(revision, { containerConcurrency: 0, readiness, failure: 'ExitCode1: no database' });
    const text = await client.hears(/no database$/);
    expect(text).toMatch(/^HTTP\/1.1 503/);
    expect(text).toContain('ebb-reason: revision-failed');
  });
});

describe('a line that is full', () => {
  it('turns further requests away', async () => {
    await using gateway = await openGateway({ activatorLimits: { waitingPerRevision: 1 } });
    await using waiting = await openRawClient(gateway.port);
    waiting.send(get());
    await expectSoon(() => gateway.activator.waiting === 1);
    const text = await exchangeRaw(gateway.port, getOnce());
    expect(text).toMatch(
      /^HTTP\/1.1 503[^]*Retry-After: \d+\r\n[^]*ebb-reason: queue-full\r\n[^]*pending request queue full$/,
    );
  });
});

describe('a limit on the wait for a slot', () => {
  const settings = { queueMs: 200 };
  const config = { containerConcurrency: 1 };

  it('turns away who has waited so long, and frees the place', async () => {
    await using backend = await openHttpBackend(() => {});
    await using gateway = await openGateway({ backends: [backend], settings, config });
    await using busy = await openRawClient(gateway.port);
    busy.send(get());
    await expectSoon(() => gateway.inFlight() === 1);
    const text = await exchangeRaw(gateway.port, getOnce());
    expect(text).toMatch(/^HTTP\/1.1 503[^]*Retry-After: \d+\r\n[^]*ebb-reason: queue-timeout\r\n/);
    expect(gateway.activator.waiting).toBe(0);
  });

  it('does not count a cold start', async () => {
    await using backend = await openHttpBackend((_, response) => void response.end('ok'));
    await using gateway = await openGateway({ settings, config });
    await using client = await openRawClient(gateway.port);
    const began = systemClock.now();
    client.send(get());
    await expectSoon(() => gateway.activator.waiting === 1 && systemClock.now() - began > 500);
    gateway.addPod(backend);
    expect(await client.hears('ok')).toMatch(/^HTTP\/1.1 200/);
  });
});

describe('a cold start', () => {
  it('holds requests until there is an instance, and says so', async () => {
    await using backend = await openHttpBackend((_, response) => void response.end('ok'));
    await using gateway = await openGateway();
    const clients = await Promise.all(Array.from({ length: 50 }, () => openRawClient(gateway.port)));
    for (const client of clients) client.send(getOnce());
    await expectSoon(() => gateway.activator.waiting === 50);
    expect(gateway.reports[0]?.revisions[0]).toMatchObject({ averageConcurrency: 1, requestCount: 1 });
    gateway.addPod(backend, { ready: false });
    for (const client of clients) expect(await client.end()).toMatch(/^HTTP\/1.1 200[^]*ebb-cold-start: true[^]*ok$/);
    expect(await exchangeRaw(gateway.port, getOnce())).not.toContain('ebb-cold-start');
  });

  it('keeps to the container concurrency', async () => {
    let now = 0;
    let most = 0;
    await using backend = await openHttpBackend((_, response) => {
      most = Math.max(most, ++now);
      setTimeout(() => {
        now--;
        response.end('ok');
      }, 5);
    });
    await using gateway = await openGateway({ config: { containerConcurrency: 2 }, backends: [backend] });
    const answers = await Promise.all(Array.from({ length: 30 }, () => exchangeRaw(gateway.port, getOnce())));
    expect(answers.filter((text) => /^HTTP\/1.1 200/.test(text))).toHaveLength(30);
    expect(most).toBe(2);
  });
});

describe('time', () => {
  it('runs out for a request that waits', async () => {
    await using gateway = await openGateway({ settings: { totalMs: 100 } });
    const text = await exchangeRaw(gateway.port, getOnce());
    expect(text).toMatch(/^HTTP\/1.1 504[^]*ebb-reason: timeout-waiting[^]*\r\n\r\nactivator request timeout$/);
    expect(gateway.activator.waiting).toBe(0);
  });

  it.each([
    ['in all', { totalMs: 100 }],
    ['to the first byte', { responseStartMs: 100 }],
    ['without a byte', { idleMs: 100 }],
  ])('runs out for an instance that does not answer: %s', async (_, settings) => {
    await using backend = await openHttpBackend(() => {});
    await using gateway = await openGateway({ settings, backends: [backend] });
    const text = await exchangeRaw(gateway.port, getOnce());
    expect(text).toMatch(/^HTTP\/1.1 504[^]*ebb-reason: timeout\r\n[^]*\r\n\r\nrequest timeout$/);
    expect(gateway.inFlight()).toBe(0);
  });

  it('ends a response of unknown length, and cuts one that announced it', async () => {
    await using backend = await openHttpBackend((request, response) => {
      if (request.url === '/sized') response.setHeader('Content-Length', 100);
      response.write('begun');
    });
    await using gateway = await openGateway({ settings: { totalMs: 1500 }, backends: [backend] });
    await using client = await openRawClient(gateway.port);
    client.send(get());
    expect(await client.hears('\r\n0\r\n\r\n')).toMatch(/^HTTP\/1.1 200[^]*begun/);
    const cut = await exchangeRaw(gateway.port, get('/sized'));
    expect(cut).toMatch(/begun$/);
  });

  it('does not run out between bytes that keep coming', async () => {
    await using backend = await openHttpBackend((_, response) => {
      let left = 12;
      const tick = setInterval(() => {
        response.write('.');
        if (--left > 0) return;
        clearInterval(tick);
        response.end('done');
      }, 200);
    });
    await using gateway = await openGateway({ settings: { idleMs: 2000, responseStartMs: 2000 }, backends: [backend] });
    expect(await exchangeRaw(gateway.port, getOnce())).toContain('done');
  });
});

describe('closing', () => {
  it('answers what is under way, and takes nothing new', async () => {
    let finish: () => void = () => {};
    let begun = false;
    await using backend = await openHttpBackend((_, response) => {
      begun = true;
      finish = () => void response.end('ok');
    });
    await using gateway = await openGateway({ backends: [backend] });
    await using idle = await openRawClient(gateway.port);
    await using client = await openRawClient(gateway.port);
    client.send(get());
    await expectSoon(() => gateway.inFlight() === 1);
    await expectSoon(() => begun);
    const closed = gateway.plane.close({ graceMs: 10_000 });
    await expectEnd(idle);
    finish();
    expect(await client.end()).toMatch(/Connection: close[^]*ok/);
    await closed;
    await expect(openRawClient(gateway.port)).rejects.toThrow('ECONNREFUSED');
  });

  it('lets a request come that has begun to, when those that have not are let go', async () => {
    await using backend = await openHttpBackend((_, response) => void response.end('ok'));
    await using gateway = await openGateway({ backends: [backend] });
    await using idle = await openRawClient(gateway.port);
    await using client = await openRawClient(gateway.port);
    for (const each of [idle, client]) {
      each.send(get());
      await each.hears(/ok$/);
    }
    client.send(get().slice(0, 10));
    const closed = gateway.plane.close({ graceMs: 3000 });
    await expectEnd(idle);
    client.send(get().slice(10));
    expect(await client.end()).toMatch(/ok[^]*Connection: close[^]*ok/);
    await closed;
  });

  it('does not wait longer than it was told', async () => {
    await using backend = await openHttpBackend(() => {});
    await using gateway = await openGateway({ backends: [backend] });
    await using client = await openRawClient(gateway.port);
    client.send(get());
    await expectSoon(() => gateway.inFlight() === 1);
    await gateway.plane.close({ graceMs: 50 });
    await expectEnd(client);
    await expectSoon(() => gateway.inFlight() === 0);
  });
});

describe('a port in use', () => {
  it('is said to be, with the code for whoever can choose another', async () => {
    await using gateway = await openGateway();
    const { openDataPlane } = await import('../src/http/open-data-plane.ts');
    const { silentLogger, systemClock } = await import('@ebb/base');
    const { buildTable } = await import('@ebb/router');
    const table = buildTable([]);
    const failed = await openDataPlane({
      clock: systemClock,
      logger: silentLogger,
      activator: gateway.activator,
      table: () => table,
      ready: () => true,
      settingsOf: () => ({ totalMs: 1, responseStartMs: undefined, idleMs: undefined, protocol: 'http1' }),
      listeners: { public: { host: '127.0.0.1', port: gateway.port } },
    }).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(UserError);
    expect(failed).toMatchObject({ message: expect.stringContaining('in use'), cause: { code: 'EADDRINUSE' } });
  });
});
