import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Agreement, type Announcement, lifeOf } from './agreement.ts';
import { shareOf } from './shares.ts';

const names = ['a', 'b', 'c', 'd'] as const;
const pods = ['default/p0', 'default/p1', 'default/p2'];

it('divides every pod exactly, and among all alike', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 9 }),
      fc.nat(40),
      (all, limit) => {
        for (const pod of pods) {
          const shares = all.map((name) => shareOf(all, name, limit, pod));
          expect(shares.reduce((sum, share) => sum + share, 0)).toBe(limit);
          expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
        }
      },
    ),
  );
  // One slot a pod, four gateways: each gets about a quarter of the pods.
  const owned = names.map(
    (name) =>
      Array.from({ length: 1000 }, (_, i) => shareOf(names, name, 1, `default/pod-${i}`)).filter(Boolean).length,
  );
  for (const count of owned) expect(Math.abs(count - 250)).toBeLessThan(60);
});

it('moves only what a gateway that comes or goes has', () => {
  const [before, after] = [
    ['a', 'b', 'c'],
    ['a', 'b', 'c', 'd'],
  ];
  for (let i = 0; i < 200; i++) {
    const ownerOf = (all: readonly string[]): string | undefined =>
      all.find((name) => shareOf(all, name, 1, `n/p${i}`) === 1);
    const [was, is] = [ownerOf(before), ownerOf(after)];
    expect(is === was || is === 'd').toBe(true);
  }
});

/** One gateway of a make-believe cluster; it sees writes in their order, but late. */
interface Member {
  readonly name: string;
  readonly agreement: Agreement;
  readonly inFlight: Map<string, number>;
  /** How much of the log it has seen. */
  seen: number;
}

type Write = readonly [name: string, announcement: Announcement | undefined];

class Cluster {
  readonly limit: number;
  readonly members = new Map<string, Member>();
  readonly #log: Write[] = [];
  #lives = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Joins, or comes back in another life. */
  join(name: string): void {
    const inFlight = new Map<string, number>();
    const agreement = new Agreement({
      name,
      life: `life${this.#lives++}`,
      overUsed: (share) => pods.filter((pod) => (inFlight.get(pod) ?? 0) > share(pod, this.limit)),
    });
    this.members.set(name, { name, agreement, inFlight, seen: 0 });
    this.#publish(name, agreement.announcement);
  }

  /** Dies; its requests end, and in time its Lease runs out. */
  kill(name: string): void {
    if (this.members.delete(name)) this.#publish(name, undefined);
  }

  /** Leaves in order: once nothing is in flight. */
  goneIfIdle(name: string): void {
    const member = this.members.get(name);
    if (member && [...member.inFlight.values()].every((count) => count === 0)) this.kill(name);
  }

  /** One gateway hears of a few more writes, and says what follows. */
  hear(member: Member, writes: number): void {
    member.seen = Math.min(this.#log.length, member.seen + writes);
    const state = new Map(this.#log.slice(0, member.seen).filter((_, i, log) => log[i] !== undefined));
    const others = new Map<string, Announcement | undefined>();
    for (const [name, announcement] of state) {
      if (name !== member.name && announcement) others.set(name, announcement);
    }
    const own = state.get(member.name);
    member.agreement.step(others, own);
    const { announcement } = member.agreement;
    const told = this.#log.findLast(([name]) => name === member.name)?.[1];
    if (announcement !== told) this.#publish(member.name, announcement);
  }

  /** Takes all it may. */
  take({ agreement, inFlight }: Member, pod: string): void {
    inFlight.set(pod, Math.max(inFlight.get(pod) ?? 0, agreement.allowed(pod, this.limit)));
  }

  give(member: Member, pod: string): void {
    member.inFlight.set(pod, Math.max(0, (member.inFlight.get(pod) ?? 0) - 1));
  }

  /** What all may come to use of a pod at this moment, without another word between them. */
  mostOf(pod: string): number {
    const members = [...this.members.values()];
    return members.reduce(
      (sum, { inFlight, agreement }) => sum + Math.max(inFlight.get(pod) ?? 0, agreement.allowed(pod, this.limit)),
      0,
    );
  }

  /** Everybody hears everything, until there is nothing new. */
  settle(): void {
    for (let round = 0; round < 30; round++) for (const member of this.members.values()) this.hear(member, 1000);
  }

  #publish(name: string, announcement: Announcement | undefined): void {
    this.#log.push([name, announcement]);
  }
}

const step = fc.record({
  kind: fc.constantFrom(...Array.from({ length: 8 }, () => 'hear'), 'take', 'take', 'give', 'join', 'kill', 'leave'),
  who: fc.constantFrom(...names),
  pod: fc.constantFrom(...pods),
  writes: fc.nat(3),
});

it('never gives out more than a pod has, however late and in whatever order gateways hear of each other; and in the end all of it', () => {
  fc.assert(
    fc.property(fc.constantFrom(1, 2, 3, 7, 10), fc.array(step, { minLength: 20, maxLength: 150 }), (limit, steps) => {
      const cluster = new Cluster(limit);
      for (const name of ['a', 'b', 'c']) cluster.join(name);
      cluster.settle();
      for (const { kind, who, pod, writes } of steps) {
        const member = cluster.members.get(who);
        if (kind === 'join') cluster.join(who);
        else if (kind === 'kill') cluster.kill(who);
        else if (member && kind === 'leave') member.agreement.leave();
        else if (member && kind === 'hear') cluster.hear(member, writes);
        else if (member && kind === 'take') cluster.take(member, pod);
        else if (member && kind === 'give') cluster.give(member, pod);
        for (const each of pods) expect(cluster.mostOf(each)).toBeLessThanOrEqual(limit);
      }
      if (cluster.members.size === 0) cluster.join('a');
      for (let round = 0; round < 40; round++) {
        for (const member of cluster.members.values()) {
          cluster.hear(member, 1000);
          for (const pod of pods) cluster.give(member, pod);
          if (member.agreement.announcement.leaving) cluster.goneIfIdle(member.name);
        }
      }
      const left = [...cluster.members.values()];
      for (const pod of left.length > 0 ? pods : []) {
        expect(left.reduce((sum, { agreement }) => sum + agreement.allowed(pod, limit), 0)).toBe(limit);
      }
    }),
    { numRuns: 200 },
  );
});

it('knows lives apart', () => {
  expect(lifeOf({ id: 'x.y.12', view: '', seen: {}, except: [] })).toBe('x.y');
});

it('names no more pods than go on a Lease', () => {
  let busy = 600;
  const overUsed = (): readonly string[] => Array.from({ length: busy }, (_, i) => `n/p${i}`);
  const agreement = new Agreement({ name: 'a', life: 'l', overUsed });
  const settle = (): void => {
    for (let i = 0; i < 2; i++) agreement.step(new Map(), agreement.announcement);
  };
  settle();
  expect(agreement.announcement.except).toEqual(['*']);
  expect(agreement.allowed('n/idle', 5)).toBe(0);
  busy = 1;
  settle();
  expect(agreement.announcement.except).toEqual(['n/p0']);
  expect([agreement.allowed('n/p0', 5), agreement.allowed('n/idle', 5)]).toEqual([0, 5]);
  busy = 0;
  settle();
  expect(agreement.allowed('n/p0', 5)).toBe(5);
});
