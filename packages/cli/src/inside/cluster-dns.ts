import { type RemoteInfo, type Socket, createSocket } from 'node:dgram';
import { once } from 'node:events';
import { getServers } from 'node:dns';
import { type Clock, type Logger, messageOf } from '@ebb/base';
import type { KubeClient } from '@ebb/kube';
import dnsPacket, { type Answer, type DecodedPacket } from 'dns-packet';
import { findName, isClusterName } from './cluster-names.ts';

export interface ClusterDnsOptions {
  readonly client: KubeClient;
  /** This machine's own in the containers' network: where it listens, and where the gateway is. */
  readonly address: string;
  /** Default 53. */
  readonly port?: number | undefined;
  /** Who is asked for other names. Default: the first name server of this machine. */
  readonly upstream?: { readonly host: string; readonly port: number } | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A name server at work. */
export interface ClusterDns extends AsyncDisposable {
  readonly port: number;
}

const ttlSeconds = 5;
const forwardMs = 3000;
/** Questions that others are asked at a time; more get no answer. */
const maxForwarded = 200;
/** Codes of answers (RFC 1035, section 4.1.1). */
const failed = 2;
const noSuchName = 3;

/**
 * Tells containers where Services of the cluster are, by their names in it, and passes other questions on. UDP only, as its own answers
 * are short. Rejects with the system's error if it cannot listen.
 */
export async function startClusterDns(options: ClusterDnsOptions): Promise<ClusterDns> {
  const { address, port = 53, logger } = options;
  const socket = createSocket('udp4');
  socket.bind(port, address);
  await once(socket, 'listening'); // rejects at `error`
  socket.on('error', (error) => logger.warn({ error: messageOf(error) }, 'the name server has a fault'));
  const forwarder = new Forwarder(options);
  socket.on('message', (message, from) => {
    answer(message, options, forwarder).then(
      (bytes) => bytes && socket.send(bytes, from.port, from.address, () => {}), // who does not wait is not told
      (error: unknown) => logger.debug({ error: messageOf(error) }, 'a question could not be answered'),
    );
  });
  return {
    port: socket.address().port,
    [Symbol.asyncDispose]: async () => {
      forwarder[Symbol.dispose]();
      await new Promise<void>((resolve) => {
        socket.close(() => resolve());
      });
    },
  };
}

async function answer(
  message: Buffer,
  { client, address, logger }: ClusterDnsOptions,
  forwarder: Forwarder,
): Promise<Buffer | undefined> {
  const packet = dnsPacket.decode(message);
  const [question] = packet.questions ?? [];
  if (packet.type !== 'query' || !question) return undefined;
  if (!isClusterName(question.name)) return (await forwarder.ask(message)) ?? reply(packet, failed, []);
  try {
    const found = await findName(client, question.name, address);
    if (!found) return reply(packet, noSuchName, []);
    if ('alias' in found) return reply(packet, 0, [{ ...record(question.name), type: 'CNAME', data: found.alias }]);
    const asked = question.type === 'A' ? found.addresses : [];
    return reply(
      packet,
      0,
      asked.map((data) => ({ ...record(question.name), type: 'A', data })),
    );
  } catch (error) {
    logger.debug({ name: question.name, error: messageOf(error) }, 'a name could not be looked up');
    return reply(packet, failed, []);
  }
}

const record = (name: string) => ({ name, ttl: ttlSeconds, class: 'IN' }) as const;

function reply({ id = 0, questions = [] }: DecodedPacket, code: number, answers: Answer[]): Buffer {
  const flags = dnsPacket.AUTHORITATIVE_ANSWER | dnsPacket.RECURSION_DESIRED | dnsPacket.RECURSION_AVAILABLE | code;
  return dnsPacket.encode({ type: 'response', id, flags, questions, answers });
}

/** Asks another name server, each question from a port of its own. */
class Forwarder implements Disposable {
  readonly #options: ClusterDnsOptions;
  readonly #sockets = new Set<Socket>();

  constructor(options: ClusterDnsOptions) {
    this.#options = options;
  }

  /** Undefined if there is no answer in time. */
  async ask(message: Buffer): Promise<Buffer | undefined> {
    const { clock, upstream = systemServer() } = this.#options;
    if (!upstream || this.#sockets.size >= maxForwarded) return undefined;
    const socket = createSocket(upstream.host.includes(':') ? 'udp6' : 'udp4');
    this.#sockets.add(socket);
    try {
      return await new Promise<Buffer | undefined>((resolve) => {
        const timer = clock.after(forwardMs, () => resolve(undefined));
        socket.once('message', (bytes: Buffer, from: RemoteInfo) => {
          timer[Symbol.dispose]();
          resolve(from.port === upstream.port ? bytes : undefined);
        });
        socket.once('error', () => resolve(undefined));
        socket.send(message, upstream.port, upstream.host);
      });
    } finally {
      this.#sockets.delete(socket);
      socket.close();
    }
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.emit('error', new Error('the name server closes'));
  }
}

function systemServer(): { host: string; port: number } | undefined {
  const [first] = getServers();
  if (first === undefined) return undefined;
  const match = /^\[([^\]]+)\]:(\d+)$|^([^:]+):(\d+)$/.exec(first);
  return match
    ? { host: match[1] ?? match[3] ?? first, port: Number(match[2] ?? match[4]) }
    : { host: first, port: 53 };
}
