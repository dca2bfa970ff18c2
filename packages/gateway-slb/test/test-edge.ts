import { once } from 'node:events';
import { performServerHandshake } from 'node:http2';
import { type Socket, connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { silentLogger, systemClock } from '@ebb/base';
import { type Certificates, makeCertificates } from '@ebb/base/certificates';
import { Deadlines } from '../src/http/deadlines.ts';
import type { Arrival } from '../src/edge/arrival.ts';
import { CertificateStore } from '../src/edge/certificate-store.ts';
import { type TlsSettings, readCertificate } from '../src/edge/certificate.ts';
import { type Edge, type EdgeOptions, openEdge } from '../src/edge/edge.ts';
import { defaultTlsPolicy, tlsPolicies } from '../src/edge/tls-policies.ts';

/** When certificates are made. */
export const now: number = Date.now();

export interface Seen extends Pick<Arrival, 'peer' | 'proto'> {
  readonly version: 'http1' | 'http2';
}

export interface TestEdge extends AsyncDisposable {
  readonly edge: Edge;
  readonly port: number;
  readonly seen: Seen[];
  /** Why connections were closed. */
  readonly turnedAway: string[];
}

/** An edge behind which HTTP/1.1 is an echo, and HTTP/2 answers each request with 204. */
export async function openTestEdge(options: Partial<EdgeOptions> = {}): Promise<TestEdge> {
  const seen: Seen[] = [];
  const turnedAway: string[] = [];
  const deadlines = new Deadlines(systemClock);
  const edge = await openEdge(
    {
      clock: systemClock,
      logger: silentLogger,
      deadlines,
      address: { host: '127.0.0.1', port: 0 },
      access: () => ({}),
      proxyProtocol: () => false,
      isPeer: () => false,
      headersMs: 5000,
      silentMs: () => 5000,
      turnedAway: (reason) => turnedAway.push(reason),
      ...options,
    },
    {
      http1: (socket, { peer, proto }) => {
        seen.push({ peer, proto, version: 'http1' });
        socket.on('data', (bytes) => socket.write(bytes)).on('end', () => socket.end());
        socket.resume();
      },
      http2: (socket, { peer, proto }) => {
        seen.push({ peer, proto, version: 'http2' });
        const session = performServerHandshake(socket);
        session.on('stream', (stream) => stream.respond({ ':status': 204 }, { endStream: true }));
        session.on('error', () => {});
      },
    },
  );
  return {
    edge,
    port: edge.address.port,
    seen,
    turnedAway,
    [Symbol.asyncDispose]: async () => {
      for (const socket of edge.sockets) socket.destroy();
      await edge.close();
      deadlines[Symbol.dispose]();
    },
  };
}

/** Sends bytes one by one, and resolves to what comes back, up to as many. */
export async function exchange(port: number, ...parts: (string | Buffer)[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.setNoDelay(true);
  for (const part of parts) {
    socket.write(part);
    await new Promise(setImmediate);
  }
  return firstAnswer(socket);
}

/** The first that is heard on a connection, or `closed`. */
export function firstAnswer(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.once('data', (bytes: Buffer) => {
      resolve(bytes.toString('latin1'));
      socket.destroy();
    });
    socket.once('close', () => resolve('closed'));
    socket.on('error', () => {});
  });
}

/** An edge that speaks TLS for two hosts. */
export interface TlsEdge {
  readonly server: TestEdge;
  readonly certificates: CertificateStore;
  readonly made: readonly Certificates[];
  readonly ca: string[];
  /** How TLS is spoken from now on. */
  set(settings: Partial<TlsSettings>): void;
  /** The name on the certificate that is shown, or what went wrong. */
  readonly dial: (servername: string, more?: object) => Promise<string>;
}

const hosts = ['a.example.com', 'b.example.com'];

/** Shows `a.example.com` and `b.example.com` a certificate of their own, and nobody else any. */
export async function openTlsEdge(clientCa?: string, options: Partial<EdgeOptions> = {}): Promise<TlsEdge> {
  const made = await Promise.all(hosts.map((name) => makeCertificates({ commonName: name, hosts: [name], now })));
  const certificates = new CertificateStore();
  made.forEach((pair, index) => {
    const host = hosts[index] ?? '';
    certificates.setCertificate(host, readCertificate(pair));
    certificates.setEntries({ key: host, createdAt: '' }, [{ hosts: [host], secret: host }]);
  });
  let settings: TlsSettings = { policy: tlsPolicies[defaultTlsPolicy], clientCa, http2: true };
  const server = await openTestEdge({ tls: { certificates, settings: () => settings }, ...options });
  const ca = made.map((pair) => pair.ca);
  const dial = (servername: string, more: object = {}): Promise<string> => {
    const socket = connectTls({
      port: server.port,
      host: '127.0.0.1',
      servername,
      ca,
      ALPNProtocols: ['http/1.1'],
      ...more,
    });
    let name = '';
    return new Promise((resolve) => {
      socket.once('secureConnect', () => {
        name = String(socket.getPeerCertificate().subject.CN);
        socket.write('hello');
      });
      socket.on('error', (error) => resolve('code' in error ? String(error.code) : error.message));
      void firstAnswer(socket).then((answer) => resolve(answer === 'hello' ? name : answer));
    });
  };
  const set = (changes: Partial<TlsSettings>): void => void (settings = { ...settings, ...changes });
  return { server, certificates, made, ca, set, dial };
}
