import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { Activator, type Lease } from '@ebb/activator';
import { silentLogger, systemClock } from '@ebb/base';
import { expect, it } from 'vitest';
import { Borrower, type LenderState } from '../src/peers/borrower.ts';
import { Lender } from '../src/peers/lender.ts';
import { expectSoon } from './harness.ts';

const key = 'default/hello-00001';
const readiness = { kind: 'tcp', timeoutMs: 1000, successThreshold: 1, initialDelayMs: 0 } as const;
const pod = { name: 'p', address: { host: '127.0.0.1', port: 1 }, ready: true, draining: false };

/** A gateway's part in lending, its share fixed. */
class Gateway implements AsyncDisposable {
  readonly activator: Activator;
  readonly lender: Lender;
  readonly borrower: Borrower;
  address = { host: '', port: 0 };

  constructor(name: string, share: number, token: string) {
    const activator = (): Activator => this.activator;
    const common = { clock: systemClock, logger: silentLogger, activator, token: () => token };
    this.lender = new Lender(common);
    this.borrower = new Borrower({ ...common, name, life: `life-of-${name}` });
    this.activator = new Activator({
      clock: systemClock,
      logger: silentLogger,
      random: () => 0.5,
      gateway: name,
      sendStats: () => {},
      attempt: () => Promise.resolve(false),
      sharing: {
        shareOf: () => share,
        demandChanged: (revision, isNews) => this.borrower.demandChanged(revision, isNews),
      },
    });
    this.activator.setRevision(key, { containerConcurrency: 1, readiness });
    this.activator.setPod(key, pod);
  }

  async open(): Promise<void> {
    this.address = await this.lender.listen({ host: '127.0.0.1', port: 0 });
  }

  state(more: Partial<LenderState> = {}): LenderState {
    return { life: 'life-of-b', address: this.address, leaving: false, ...more };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.borrower[Symbol.dispose]();
    await this.lender[Symbol.asyncDispose]();
    this.activator[Symbol.dispose]();
  }
}

/** `a` has no slot of the pod, `b` the only one. */
async function openTwo(tokens: readonly [string, string] = ['secret', 'secret']): Promise<[Gateway, Gateway]> {
  const a = new Gateway('a', 0, tokens[0]);
  const b = new Gateway('b', 1, tokens[1]);
  await b.open();
  b.lender.setLives(new Map([['a', 'life-of-a']]));
  a.borrower.setTarget(['b']);
  a.borrower.setLenders(new Map([['b', b.state()]]));
  return [a, b];
}

it('a gateway without slots gets one of another for each request, in turn with those there, and gives it back', async () => {
  const [a, b] = await openTwo();
  await using _a = a;
  await using _b = b;
  const first = await a.activator.acquire(key);
  expect([first.podName, first.waited]).toEqual(['p', true]);
  expect(b.lender.lent).toBe(1);
  const order: string[] = [];
  const leases = new Map<string, Lease>();
  const ask = (gateway: Gateway, who: string): void =>
    void gateway.activator.acquire(key).then((lease) => (order.push(who), leases.set(who, lease)));
  ask(b, 'b1');
  ask(b, 'b2');
  ask(a, 'a1');
  await expectSoon(() => b.activator.waiting === 2 && a.activator.waiting === 1);
  first.release();
  for (let given = 1; given <= 3; given++) {
    await expectSoon(() => order.length === given);
    leases.get(order.at(-1) ?? '')?.release();
  }
  expect(order.toSorted()).toEqual(['a1', 'b1', 'b2']);
  expect(order.indexOf('a1')).toBeLessThan(2);
  await expectSoon(() => b.lender.lent === 0);
});

it('a client that leaves takes back what was asked for it', async () => {
  const [a, b] = await openTwo();
  await using _a = a;
  await using _b = b;
  const own = await b.activator.acquire(key);
  const stop = new AbortController();
  const asked = a.activator.acquire(key, { signal: stop.signal });
  await expectSoon(() => a.activator.waiting === 1);
  stop.abort(new Error('left'));
  await expect(asked).rejects.toThrow('left');
  own.release();
  await systemClock.sleep(20);
  expect(b.lender.lent).toBe(0);
  (await b.activator.acquire(key)).release();
});

it.each([
  ['one that does not know the token', '{"type":"hello","token":"guess","name":"a","life":"life-of-a","held":[]}'],
  ['one that is not on the roll', '{"type":"hello","token":"secret","name":"x","life":"life-of-x","held":[]}'],
  ['one that asks before it says who it is', '{"type":"ask","id":1,"revision":"default/hello-00001","spare":false}'],
  ['one that does not speak so', 'GET / HTTP/1.1'],
])('nothing is lent to %s', async (_, line) => {
  await using b = new Gateway('b', 1, 'secret');
  await b.open();
  b.lender.setLives(new Map([['a', 'life-of-a']]));
  const socket: Socket = connect(b.address);
  socket.on('error', () => {});
  socket.write(`${line}\n{"type":"ask","id":1,"revision":"${key}","spare":false}\n`);
  await once(socket.resume(), 'close');
  expect(b.lender.lent).toBe(0);
  expect(socket.bytesRead).toBe(0);
});

it('a slot stays lent while the connection is lost, until the life of the borrower is over', async () => {
  const [a, b] = await openTwo();
  await using _b = b;
  await a.activator.acquire(key);
  a.borrower[Symbol.dispose]();
  await systemClock.sleep(20);
  expect(b.lender.lent).toBe(1);
  expect('cancel' in b.activator.enter(key, { granted: () => {}, refused: () => {} })).toBe(true);
  b.lender.setLives(new Map([['a', 'another life']]));
  expect(b.lender.lent).toBe(0);
  await expectSoon(() => b.activator.waiting === 0);
  await a[Symbol.asyncDispose]();
});

it('what was borrowed of a gateway that goes becomes the own account of the borrower, and then is given back', async () => {
  const [a, b] = await openTwo();
  await using _a = a;
  await using _b = b;
  const lease = await a.activator.acquire(key);
  expect(a.activator.overUsed(() => 0)).toEqual([]);
  const handBack = a.borrower.setLenders(new Map([['b', b.state({ leaving: true })]]));
  expect(a.activator.overUsed(() => 0)).toEqual(['default/p']);
  expect(b.lender.lent).toBe(1);
  handBack();
  await expectSoon(() => b.lender.lent === 0);
  lease.release();
  expect(a.activator.overUsed(() => 0)).toEqual([]);
});
