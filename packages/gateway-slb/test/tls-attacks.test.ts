import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type TLSSocket, connect as connectTls } from 'node:tls';
import { makeCertificates } from '@ebb/base/certificates';
import { eventually } from '@ebb/base/testing';
import { describe, expect, it } from 'vitest';
import { readCertificate } from '../src/edge/certificate.ts';
import { tlsPolicies } from '../src/edge/tls-policies.ts';
import { type HelloParts, clientHello, readAnswer } from './client-hello.ts';
import { type TlsEdge, firstAnswer, now, openTlsEdge } from './test-edge.ts';

const known = 'a.example.com';

/** An edge that does not wait long for hellos. */
const openImpatient = (): Promise<TlsEdge> => openTlsEdge(undefined, { headersMs: 3000 });

/** Says a hello, in these pieces, and resolves to all that comes back until the server waits for more or closes. */
async function say({ server }: TlsEdge, pieces: readonly Buffer[]): Promise<Buffer> {
  const socket = connect(server.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.setNoDelay(true);
  await once(socket, 'connect');
  const heard: Buffer[] = [];
  let isOver = false;
  socket.on('data', (bytes: Buffer) => heard.push(bytes));
  socket.once('close', () => (isOver = true));
  for (const piece of pieces) {
    if (socket.destroyed) break;
    socket.write(piece);
    await new Promise(setImmediate);
  }
  const all = (): Buffer => Buffer.concat(heard);
  // A ServerHelloDone is the last of a hello.
  await eventually(() => isOver || all().includes(Buffer.from([14, 0, 0, 0])), { timeoutMs: 5000 });
  socket.destroy();
  return all();
}

/** Says something, and no more; resolves when the server has closed. */
async function leaveWith({ server }: TlsEdge, bytes: Buffer): Promise<void> {
  const socket = connect(server.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  socket.end(bytes);
  await new Promise((resolve) => socket.once('close', resolve));
}

async function hello(edge: TlsEdge, parts: HelloParts): Promise<string | number> {
  const bytes = await say(edge, [clientHello(parts)]);
  const answer = readAnswer(bytes);
  const shown = edge.made.findIndex(({ certificate }) => bytes.includes(new X509Certificate(certificate).raw));
  return answer === 'hello' ? (['a', 'b'][shown] ?? 'default') : answer;
}

/** Whether the edge is as it should be after all that was done to it, once nobody waits for anything any more. */
async function expectWell({ server, dial }: TlsEdge): Promise<void> {
  expect(await dial(known)).toBe(known);
  await eventually(() => expect(server.edge.sockets.size).toBe(0));
}

const name = (text: string): { name: Buffer } => ({ name: Buffer.from(text, 'latin1') });
/** Alerts: handshake failure, illegal parameter, decode error, protocol version, unrecognized name. */
const refusals: readonly unknown[] = [40, 47, 50, 70, 112];

describe('names that clients ask for by SNI', () => {
  it.each<[string, HelloParts, string]>([
    ['the very name', name(known), 'a'],
    ['another one', name('b.example.com'), 'b'],
    ['in any case', name('A.eXample.COM'), 'a'],
    ['with the dot of the root', name(`${known}.`), 'a'],
    ['none', {}, 'default'],
    ['unknown', name('c.example.com'), 'default'],
    ['below a known one', name(`x.${known}`), 'default'],
    ['with two dots at the end', name(`${known}..`), 'default'],
    ['an address', name('127.0.0.1'), 'default'],
    ['an IPv6 address', name('::1'), 'default'],
    ['a wildcard', name('*.example.com'), 'default'],
    ['what every object has', name('__proto__'), 'default'],
    ['of 255 bytes', name('x'.repeat(255)), 'default'],
  ])('%s', async (_, parts, expected) => {
    const edge = await openImpatient();
    await using _server = edge.server;
    const withoutDefault = await hello(edge, parts);
    expect(expected === 'default' ? refusals : [expected]).toContain(withoutDefault);
    edge.certificates.default = readCertificate(await makeCertificates({ commonName: 'd', hosts: ['d'], now }));
    expect(await hello(edge, parts)).toBe(expected);
  });

  it.each<[string, HelloParts]>([
    ['of 256 bytes', name('x'.repeat(256))],
    ['of 60,000 bytes', name('x'.repeat(10_000))],
    ['with a NUL', name(`${known}\0.evil.example`)],
    ['empty', name('')],
    ['of another kind', { ...name(known), nameType: 1 }],
  ])('never lead to a certificate if they are %s', async (_, parts) => {
    const edge = await openImpatient();
    await using _server = edge.server;
    expect(await hello(edge, parts)).not.toBe('a');
    expect(await edge.dial(known)).toBe(known);
  });
});

describe('hellos', () => {
  it('are waited for however they come, and harm nobody wherever they break off', async () => {
    const edge = await openImpatient();
    await using _server = edge.server;
    const whole = clientHello(name(known));
    const dribbled = await say(
      edge,
      Array.from(whole, (byte) => Buffer.from([byte])),
    );
    expect(readAnswer(dribbled)).toBe('hello');
    await Promise.all(Array.from(whole, (_, length) => leaveWith(edge, whole.subarray(0, length))));
    await expectWell(edge);
  });

  it('with a byte that is not as it should be, wherever it is, harm nobody', async () => {
    const edge = await openImpatient();
    await using _server = edge.server;
    const whole = clientHello({ ...name(known), alpn: ['h2', 'http/1.1'] });
    const spoilt = Array.from(whole, (_, at) => Buffer.from(whole.map((byte, i) => (i === at ? byte ^ 0xff : byte))));
    const others = [Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'), Buffer.alloc(20_000, 22)];
    await Promise.all([...spoilt, ...others].map((bytes) => leaveWith(edge, bytes)));
    await expectWell(edge);
  });

  it.each<[string, readonly [number, number], keyof typeof tlsPolicies, boolean]>([
    ['TLS 1.0', [3, 1], 'tls_cipher_policy_1_0', true],
    ['TLS 1.0', [3, 1], 'tls_cipher_policy_1_1', false],
    ['TLS 1.1', [3, 2], 'tls_cipher_policy_1_1', true],
    ['TLS 1.1', [3, 2], 'tls_cipher_policy_1_2', false],
    ['TLS 1.2', [3, 3], 'tls_cipher_policy_1_2_strict_with_1_3', true],
    ['SSL 3', [3, 0], 'tls_cipher_policy_1_0', false],
  ])('of %s (%j) under %s: %j', async (_, version, policy, isSpoken) => {
    const edge = await openImpatient();
    await using _server = edge.server;
    edge.set({ policy: tlsPolicies[policy] });
    expect(await hello(edge, { ...name(known), version })).toSatisfy((answer) =>
      isSpoken ? answer === 'a' : refusals.includes(answer),
    );
  });

  it.each<[readonly string[] | undefined, boolean, string | number]>([
    [undefined, true, 'a'],
    [['h2'], true, 'a'],
    [['http/1.1'], true, 'a'],
    [['spdy/3', 'http/1.1'], true, 'a'],
    [['http/0.9'], true, 120],
    [['h2'], false, 120],
  ])('that offer %j by ALPN, with HTTP/2 %j', async (alpn, http2, expected) => {
    const edge = await openImpatient();
    await using _server = edge.server;
    edge.set({ http2 });
    expect(await hello(edge, { ...name(known), alpn })).toBe(expected);
  });
});

describe('sessions', () => {
  const versions = ['TLSv1.2', 'TLSv1.3'] as const;

  /** Opens a connection, by a former session where one is given, and keeps its last ticket. */
  async function visit(
    { server, ca }: TlsEdge,
    options: object,
  ): Promise<{ readonly isIn: boolean; readonly isReused: boolean; readonly session: Buffer | undefined }> {
    const socket: TLSSocket = connectTls({ port: server.port, host: '127.0.0.1', servername: known, ca, ...options });
    let session: Buffer | undefined;
    socket.on('session', (ticket: Buffer) => (session = ticket));
    socket.on('error', () => {});
    let isReused = false;
    socket.once('secureConnect', () => {
      isReused = socket.isSessionReused();
      socket.write('hello');
    });
    const answer = await firstAnswer(socket);
    return { isIn: answer === 'hello', isReused, session };
  }

  it.each(versions)('of %s are taken up again, but for no other terms', async (version) => {
    const [a, b] = await Promise.all(
      [1, 2].map(() => makeCertificates({ commonName: 'c', hosts: [], usage: 'client', now })),
    );
    if (!a || !b) throw new Error('there are no certificates');
    const edge = await openImpatient();
    await using _server = edge.server;
    const terms = { minVersion: version, maxVersion: version };
    const shows = { ...terms, cert: a.certificate, key: a.key };

    const open = await visit(edge, terms);
    expect(await visit(edge, { ...terms, session: open.session })).toMatchObject({ isIn: true, isReused: true });
    // From now on clients must show who they are.
    edge.set({ clientCa: a.ca });
    expect((await visit(edge, { ...terms, session: open.session })).isIn).toBe(false);
    const known = await visit(edge, shows);
    expect(known.isIn).toBe(true);
    expect(await visit(edge, { ...shows, session: known.session })).toMatchObject({ isIn: true, isReused: true });
    // And now somebody else vouches for them.
    edge.set({ clientCa: b.ca });
    expect((await visit(edge, { ...shows, session: known.session })).isIn).toBe(false);
    expect((await visit(edge, { ...terms, session: known.session })).isIn).toBe(false);
    // A new certificate of ours keeps nobody out.
    edge.set({ clientCa: a.ca });
    const before = await visit(edge, shows);
    const own = await makeCertificates({ commonName: 'a.example.com', hosts: ['a.example.com'], now });
    edge.certificates.setCertificate('a.example.com', readCertificate(own));
    const trusting = { ...shows, ca: [...edge.ca, own.ca] };
    expect((await visit(edge, { ...trusting, session: before.session })).isIn).toBe(true);
  });

  it('are not negotiated anew', async () => {
    const edge = await openImpatient();
    await using _server = edge.server;
    const { server, ca } = edge;
    const socket = connectTls({ port: server.port, host: '127.0.0.1', servername: known, ca, maxVersion: 'TLSv1.2' });
    await once(socket, 'secureConnect');
    socket.on('error', () => {}); // more may follow
    const failed = once(socket, 'error');
    socket.renegotiate({}, () => {});
    expect(await failed).toMatchObject([{ code: 'ERR_SSL_NO_RENEGOTIATION' }]);
  });
});
