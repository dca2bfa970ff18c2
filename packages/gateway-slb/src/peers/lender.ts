import { createHash, timingSafeEqual } from 'node:crypto';
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { type Activator, type Lease, RefusedError, type Waiter } from '@ebb/activator';
import { type Clock, type Logger, UserError, messageOf } from '@ebb/base';
import type { ListenAddress } from '../http/listen.ts';
import { type FromBorrower, decodeFromBorrower, readMessages, sendMessage } from './wire.ts';

export interface LenderOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly activator: () => Activator;
  /** What the others must prove themselves with; while undefined nobody is let in. */
  readonly token: () => string | undefined;
}

/** Time a connection may take to say who it is. */
const helloMs = 2000;

/** One life of another gateway: the slots it has, and its connection, if there is one. */
class Account {
  readonly asks = new Map<number, Waiter>();
  readonly loans = new Map<number, Lease>();
  socket: Socket | undefined;
  readonly name: string;
  readonly life: string;

  constructor(name: string, life: string) {
    this.name = name;
    this.life = life;
  }

  /** Cancels what it waits for. What it has stays: it may go on using it though the connection is lost. */
  disconnect(): void {
    for (const waiter of this.asks.values()) waiter.cancel();
    this.asks.clear();
    this.socket = undefined;
  }

  close(): void {
    this.socket?.destroy();
    this.disconnect();
    for (const lease of this.loans.values()) lease.release();
    this.loans.clear();
  }
}

/**
 * Lends this gateway's slots to others that have none free. A loan ends when it is given back, or when the life of the gateway that
 * has it is over; not with the connection.
 */
export class Lender implements AsyncDisposable {
  readonly #options: LenderOptions;
  readonly #accounts = new Map<string, Account>();
  readonly #sockets = new Set<Socket>();
  #lives: ReadonlyMap<string, string | undefined> = new Map();
  #server: Server | undefined;

  constructor(options: LenderOptions) {
    this.#options = options;
  }

  /** Slots that others have. */
  get lent(): number {
    let sum = 0;
    for (const { loans } of this.#accounts.values()) sum += loans.size;
    return sum;
  }

  /** Listens. Rejects with a `UserError` whose cause has the system's code. */
  async listen({ host, port }: ListenAddress): Promise<ListenAddress> {
    const server = createServer({ noDelay: true }, (socket) => this.#connected(socket));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) =>
        reject(new UserError(`cannot listen on ${host}:${port}: ${messageOf(cause)}`, { cause })),
      );
      server.listen({ port, host, exclusive: true }, resolve);
    });
    const { address, port: bound } = server.address() as AddressInfo;
    return { host: address, port: bound };
  }

  /** Takes back what lives that are over had. @param lives Of all other gateways that are alive, by name. */
  setLives(lives: ReadonlyMap<string, string | undefined>): void {
    this.#lives = lives;
    for (const account of this.#accounts.values()) if (lives.get(account.name) !== account.life) this.#close(account);
  }

  [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    for (const account of this.#accounts.values()) this.#close(account);
    return new Promise((resolve) => (this.#server ? this.#server.close(() => resolve()) : resolve()));
  }

  #connected(socket: Socket): void {
    let account: Account | undefined;
    this.#sockets.add(socket);
    const limit = this.#options.clock.after(helloMs, () => account ?? socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      limit[Symbol.dispose]();
      this.#sockets.delete(socket);
      if (account?.socket === socket) account.disconnect();
    });
    readMessages(socket, decodeFromBorrower, (message) => {
      if (message.type === 'hello') account ??= this.#admit(socket, message);
      else if (account) this.#take(account, message);
      if (!account) socket.destroy();
    });
  }

  #admit(socket: Socket, { token, name, life, held }: FromBorrower & { type: 'hello' }): Account | undefined {
    if (!isSame(token, this.#options.token())) {
      this.#options.logger.warn(
        { gateway: name, from: socket.remoteAddress },
        'a gateway that does not know the token',
      );
      return undefined;
    }
    // Nothing is lent to one whose Lease has not been seen: nobody would notice its end. It tries again.
    if (this.#lives.get(name) !== life) return undefined;
    const key = `${name} ${life}`;
    const account = this.#accounts.get(key) ?? new Account(name, life);
    this.#accounts.set(key, account);
    account.socket?.destroy();
    account.disconnect();
    account.socket = socket;
    const stillHeld = new Set(held);
    for (const [id, lease] of account.loans) if (!stillHeld.has(id)) this.#release(account, id, lease);
    return account;
  }

  #take(account: Account, message: Exclude<FromBorrower, { type: 'hello' }>): void {
    const { id } = message;
    if (message.type === 'ask') return this.#ask(account, message);
    if (message.type === 'cancel') {
      account.asks.get(id)?.cancel();
      account.asks.delete(id);
    } else {
      const lease = account.loans.get(id);
      if (lease) this.#release(account, id, lease);
    }
  }

  #ask(account: Account, { id, revision, spare }: FromBorrower & { type: 'ask' }): void {
    const { socket } = account;
    let isOver = false;
    const refuse = (): void => {
      isOver = true;
      account.asks.delete(id);
      if (socket) sendMessage(socket, { type: 'refused', id });
    };
    try {
      const waiter = this.#options.activator().lend(revision, spare ? 'spare' : 'ask', {
        granted: (lease) => {
          isOver = true;
          account.asks.delete(id);
          account.loans.set(id, lease);
          if (socket) sendMessage(socket, { type: 'granted', id, pod: lease.podName });
        },
        refused: refuse,
      });
      if (!isOver) account.asks.set(id, waiter);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      refuse();
    }
  }

  #release(account: Account, id: number, lease: Lease): void {
    account.loans.delete(id);
    lease.release();
  }

  #close(account: Account): void {
    this.#accounts.delete(`${account.name} ${account.life}`);
    account.close();
  }
}

function isSame(given: string, expected: string | undefined): boolean {
  if (expected === undefined || expected === '') return false;
  const [a, b] = [given, expected].map((text) => createHash('sha256').update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}
