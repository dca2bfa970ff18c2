import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { makeCertificates } from '@ebb/base/certificates';
import { eventually } from '@ebb/base/testing';
import { describe, expect, it } from 'vitest';
import { AddressList } from '../src/edge/address-list.ts';
import { readCertificate } from '../src/edge/certificate.ts';
import { exchange, firstAnswer, now, openTestEdge, openTlsEdge } from './test-edge.ts';

async function statusOver(session: ReturnType<typeof connectHttp2>): Promise<unknown> {
  const stream = session.request({ ':path': '/' });
  const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
  session.destroy();
  return headers[':status'];
}

/** Connections the system keeps for who listens and is busy; 0 where it does not tell. */
function mostWaiting(): number {
  try {
    return Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8'));
  } catch {
    return 0;
  }
}

describe('an edge without TLS', () => {
  it.skipIf(mostWaiting() < 1500)(
    'has room for a crowd that comes at once, and takes whoever comes later after it',
    async () => {
      await using server = await openTestEdge();
      const crowd = Array.from({ length: 1500 }, () => connect(server.port, '127.0.0.1'));
      try {
        for (const socket of crowd) socket.once('connect', () => socket.write('GET'));
        await eventually(() => server.seen.length > 400);
        expect(await exchange(server.port, 'GET')).toBe('GET');
        // Who found no room tries again a second later.
        expect(server.seen.length).toBeGreaterThan(1400);
      } finally {
        for (const socket of crowd) socket.destroy();
      }
    },
  );

  it('tells HTTP/2 from HTTP/1.1 by the first bytes, however they come', async () => {
    await using server = await openTestEdge();
    expect(await exchange(server.port, 'GET / HTTP/1.1')).toBe('GET / HTTP/1.1');
    expect(await exchange(server.port, 'P', 'R', 'OPFIND')).toBe('PROPFIND');
    expect(await statusOver(connectHttp2(`http://127.0.0.1:${server.port}`))).toBe(204);
    expect(server.seen.map(({ version }) => version)).toEqual(['http1', 'http1', 'http2']);
  });

  it('takes the address of the client from the PROXY protocol, and closes what begins otherwise', async () => {
    await using server = await openTestEdge({ proxyProtocol: () => true });
    expect(await exchange(server.port, 'PROXY TCP4 192.0.2.7 10.0', '.0.1 49152 80\r\nGET')).toBe('GET');
    expect(await exchange(server.port, 'GET / HTTP/1.1\r\n')).toBe('closed');
    expect(server.seen).toEqual([{ peer: '192.0.2.7', proto: 'http', version: 'http1' }]);
  });

  it('takes headers of the PROXY protocol in any pieces, each once, and reads nothing of what follows', async () => {
    await using server = await openTestEdge({ proxyProtocol: () => true });
    const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
    const body = Buffer.from([192, 0, 2, 7, 10, 0, 0, 1, 0xc0, 0, 0, 80]);
    const binary = (size: number): Buffer => Buffer.concat([signature, Buffer.from([0x21, 0x11, 0, size]), body]);
    const text = Buffer.from('PROXY TCP4 192.0.2.7 10.0.0.1 49152 80\r\n');
    const local = Buffer.concat([signature, Buffer.from([0x20, 0, 0, 0])]);
    for (const header of [text, binary(body.length)]) {
      const bytes = Array.from(Buffer.concat([header, Buffer.from('GET')]), (byte) => Buffer.from([byte]));
      expect(await exchange(server.port, ...bytes)).toMatch(/^GE?T?$/);
      // A second one is the client's own word: no more than bytes.
      expect(await exchange(server.port, Buffer.concat([header, text]))).toBe(text.toString());
      for (let length = 1; length < header.length; length += 7) {
        const socket = connect(server.port, '127.0.0.1');
        socket.end(header.subarray(0, length));
        expect(await firstAnswer(socket)).toBe('closed');
      }
    }
    expect(new Set(server.seen.map(({ peer }) => peer))).toEqual(new Set(['192.0.2.7']));
    expect(await exchange(server.port, Buffer.concat([local, Buffer.from('GET')]))).toBe('GET');
    expect(server.seen.at(-1)?.peer).toBe('127.0.0.1');
    // Too short for the addresses it announces.
    expect(await exchange(server.port, binary(11))).toBe('closed');
  });

  it('takes the word of nobody but the load balancers that are named', async () => {
    let sources = new AddressList(['192.0.2.0/24']);
    await using server = await openTestEdge({ proxyProtocol: () => true, proxySources: () => sources });
    expect(await exchange(server.port, 'PROXY TCP4 192.0.2.7 10.0.0.1 49152 80\r\nGET')).toBe('closed');
    sources = new AddressList(['127.0.0.0/8']);
    expect(await exchange(server.port, 'PROXY TCP4 192.0.2.7 10.0.0.1 49152 80\r\nGET')).toBe('GET');
    expect(server.seen.map(({ peer }) => peer)).toEqual(['192.0.2.7']);
    expect(server.turnedAway).toEqual(['proxy-protocol']);
  });

  it('closes connections from addresses that are denied, those behind a load balancer too', async () => {
    const access = () => ({ deny: new AddressList(['192.0.2.7']) });
    await using server = await openTestEdge({ proxyProtocol: () => true, access });
    expect(await exchange(server.port, 'PROXY TCP4 192.0.2.7 10.0.0.1 49152 80\r\nGET')).toBe('closed');
    expect(await exchange(server.port, 'PROXY TCP4 192.0.2.8 10.0.0.1 49152 80\r\nGET')).toBe('GET');
    expect(server.turnedAway).toEqual(['address']);
  });

  it('lets other gateways ask, without a load balancer, and wherever they are', async () => {
    const access = () => ({ allow: new AddressList(['192.0.2.7']) });
    await using server = await openTestEdge({
      proxyProtocol: () => true,
      access,
      isPeer: (address) => address === '127.0.0.1',
    });
    expect(await exchange(server.port, 'GET / HTTP/1.1')).toBe('GET / HTTP/1.1');
    expect(await exchange(server.port, 'PROXY TCP4 192.0.2.7 10.0.0.1 49152 80\r\nGET')).toBe('GET');
    expect(await exchange(server.port, 'PROXY TCP4 192.0.2.8 10.0.0.1 49152 80\r\nGET')).toBe('closed');
  });

  it('closes connections that stay silent, for as long as is said now, and those above the limit', async () => {
    let silentMs = 60_000;
    await using server = await openTestEdge({ silentMs: () => silentMs, maxConnections: 1 });
    silentMs = 50;
    const silent = connect(server.port, '127.0.0.1');
    await once(silent, 'connect');
    await eventually(() => expect(server.edge.sockets.size).toBe(1));
    expect(await firstAnswer(connect(server.port, '127.0.0.1'))).toBe('closed');
    expect(await firstAnswer(silent)).toBe('closed');
    await eventually(() => expect(server.edge.sockets.size).toBe(0));
    expect(server.turnedAway).toEqual(['too-many']);
  });
});

describe('an edge with TLS', () => {
  it('shows each host its certificate, and refuses the handshake where there is none', async () => {
    const { server, certificates, dial } = await openTlsEdge();
    await using _ = server;
    expect(await dial('a.example.com')).toBe('a.example.com');
    expect(await dial('b.example.com')).toBe('b.example.com');
    expect(await dial('c.example.com')).toMatch(/HANDSHAKE_FAILURE/);
    const other = await makeCertificates({ commonName: 'default', hosts: [], now });
    certificates.default = readCertificate(other);
    expect(await dial('c.example.com', { rejectUnauthorized: false })).toBe('default');
    expect(await dial('', { rejectUnauthorized: false })).toBe('default');
    expect(server.seen.every(({ proto, peer }) => proto === 'https' && peer === '127.0.0.1')).toBe(true);
  });

  it('shows each host its certificate, though the key of the default has another type', async () => {
    const { server, certificates, dial } = await openTlsEdge();
    await using _ = server;
    const make = async (keyType: 'ec' | 'rsa') =>
      readCertificate(await makeCertificates({ commonName: keyType, hosts: ['a.example.com'], keyType, now }));
    const [ec, rsa] = [await make('ec'), await make('rsa')];
    for (const [own, other] of [
      [ec, rsa],
      [rsa, ec],
    ] as const) {
      certificates.setCertificate('a.example.com', own);
      certificates.default = other;
      for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
        const terms = { maxVersion, rejectUnauthorized: false };
        expect(await dial('a.example.com', terms)).toBe(own.keyType);
        expect(await dial('c.example.com', terms)).toBe(other.keyType);
      }
    }
  });

  it('hears of the client before the handshake, where a load balancer is in front', async () => {
    const { server, dial } = await openTlsEdge(undefined, { proxyProtocol: () => true });
    await using _ = server;
    const socket = connect(server.port, '127.0.0.1');
    socket.write('PROXY TCP4 192.0.2.7 10.0.0.1 49152 443\r\n');
    expect(await dial('a.example.com', { socket })).toBe('a.example.com');
    expect(server.seen).toEqual([{ peer: '192.0.2.7', proto: 'https', version: 'http1' }]);
    expect(await dial('a.example.com')).not.toBe('a.example.com');
  });

  it('speaks HTTP/2 with clients that can', async () => {
    const { server, ca } = await openTlsEdge();
    await using _ = server;
    const session = connectHttp2(`https://a.example.com:${server.port}`, {
      ca,
      host: '127.0.0.1',
      servername: 'a.example.com',
    });
    expect(await statusOver(session)).toBe(204);
    expect(server.seen).toMatchObject([{ version: 'http2', proto: 'https' }]);
  });

  it('lets nobody in without a certificate of the authority that is asked for', async () => {
    const client = await makeCertificates({ commonName: 'c', hosts: [], usage: 'client', now });
    const stranger = await makeCertificates({ commonName: 'c', hosts: [], usage: 'client', now });
    const { server, dial } = await openTlsEdge(client.ca);
    await using _ = server;
    const show = ({ certificate, key }: { certificate: string; key: string }) => ({ cert: certificate, key });
    expect(await dial('a.example.com', show(client))).toBe('a.example.com');
    expect(await dial('a.example.com')).not.toBe('a.example.com');
    expect(await dial('a.example.com', show(stranger))).not.toBe('a.example.com');
    expect(server.seen).toHaveLength(1);
  });

  it('speaks only the versions of TLS that the policy lets it', async () => {
    const { server, dial } = await openTlsEdge();
    await using _ = server;
    expect(await dial('a.example.com', { maxVersion: 'TLSv1.1', minVersion: 'TLSv1' })).not.toBe('a.example.com');
    expect(await dial('a.example.com', { maxVersion: 'TLSv1.2' })).toBe('a.example.com');
    expect(await dial('a.example.com', { minVersion: 'TLSv1.3' })).toBe('a.example.com');
    expect(server.turnedAway).toEqual(['tls']);
  });
});
