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

/** One gateway of a make-believe cluster; it sees what each other one writes in its order, but late, and of one later than of another. */
interface Member {
  readonly name: string;
  readonly agreement: Agreement;
  readonly inFlight: Map<string, number>;
  /** How much it has seen of what each has written. */
  readonly seen: Map<string, number>;
}

class Cluster {
  readonly limit: number;
  readonly members = new Map<string, Member>();
  /** What each has written; undefined where it was gone. */
  readonly #written = new Map<string, (Announcement | undefined)[]>();
  #lives = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Joins, or comes back in another life: says who it is, and then lists the others. */
  join(name: string): void {
    const inFlight = new Map<string, number>();
    const agreement = new Agreement({
      name,
      life: `life${this.#lives++}`,
      overUsed: (share) => pods.filter((pod) => (inFlight.get(pod) ?? 0) > share(pod, this.limit)),
    });
    this.#publish(name, agreement.announcement);
    const seen = new Map(Array.from(this.#written, ([each, { length }]) => [each, length]));
    this.members.set(name, { name, agreement, inFlight, seen });
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

  /** One gateway hears of a few more writes, of all or of one, and says what follows. */
  hear({ name, seen, agreement }: Member, writes: number, from?: string): void {
    const others = new Map<string, Announcement | undefined>();
    let own: Announcement | undefined;
    for (const [each, announcements] of this.#written) {
      const before = seen.get(each) ?? 0;
      const now = from === undefined || from === each ? Math.min(announcements.length, before + writes) : before;
      seen.set(each, now);
      const announcement = announcements[now - 1];
      if (each === name) own = announcement;
      else if (announcement) others.set(each, announcement);
    }
    agreement.step(others, own);
    if (agreement.announcement !== this.#written.get(name)?.at(-1)) this.#publish(name, agreement.announcement);
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
    const written = this.#written.get(name) ?? [];
    this.#written.set(name, written);
    written.push(announcement);
  }
}

const step = fc.record({
  kind: fc.constantFrom(...Array.from({ length: 8 }, () => 'hear'), 'take', 'take', 'give', 'join', 'kill', 'leave'),
  who: fc.constantFrom(...names),
  from: fc.option(fc.constantFrom(...names), { nil: undefined, freq: 4 }),
  pod: fc.constantFrom(...pods),
  writes: fc.nat(3),
});

it('never gives out more than a pod has, however late and in whatever order gateways hear of each other; and in the end all of it', () => {
  fc.assert(
    fc.property(fc.constantFrom(1, 2, 3, 7, 10), fc.array(step, { minLength: 20, maxLength: 100 }), (limit, steps) => {
      const cluster = new Cluster(limit);
      for (const name of ['a', 'b', 'c']) cluster.join(name);
      cluster.settle();
      for (const { kind, who, from, pod, writes } of steps) {
        const member = cluster.members.get(who);
        if (kind === 'join') cluster.join(who);
        else if (kind === 'kill') cluster.kill(who);
        else if (member && kind === 'leave') member.agreement.leave();
        else if (member && kind === 'hear') cluster.hear(member, writes, from);
        else if (member && kind === 'take') cluster.take(member, pod);
        else if (member && kind === 'give') cluster.give(member, pod);
        expect(Math.max(...pods.map((each) => cluster.mostOf(each)))).toBeLessThanOrEqual(limit);
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
    { numRuns: 100 },
  );
});

const said = (id: string, view: string, seen: Record<string, string>, except: string[] = []): Announcement => ({
  id,
  view,
  seen,
  except,
});

/** Gateway `a` of a cluster whose others say this. */
function stepOf(agreement: Agreement, others: Record<string, Announcement>): void {
  // Once to say what follows, once to see it written.
  for (let i = 0; i < 2; i++) agreement.step(new Map(Object.entries(others)), agreement.announcement);
}

it('uses its share only once all others have said the same list in answer to what it has said', () => {
  const agreement = new Agreement({ name: 'a', life: 'x', overUsed: () => [] });
  const allowedAfter = (b: Announcement): number => {
    stepOf(agreement, { b });
    return agreement.allowed('n/p', 4);
  };
  expect(allowedAfter(said('y.1', 'b', {}))).toBe(0);
  expect(allowedAfter(said('y.2', 'a,b', {}))).toBe(0);
  // In answer to another life of it, or to what it had said before.
  expect(allowedAfter(said('y.2', 'a,b', { a: 'w.1' }))).toBe(0);
  expect(allowedAfter(said('y.2', 'a,b', { a: 'x.0' }))).toBe(0);
  expect(allowedAfter(said('y.2', 'a,b', { a: agreement.announcement.id }))).toBe(2);
  // Once settled it stays so, until the list changes.
  expect(allowedAfter(said('y.3', 'a,b,c', { a: agreement.announcement.id }))).toBe(2);
});

it('keeps to the least of what it has promised while a list is not settled', () => {
  const agreement = new Agreement({ name: 'a', life: 'x', overUsed: () => [] });
  const settle = (...others: string[]): void => {
    const view = ['a', ...others].join(',');
    for (let i = 0; i < 2; i++)
      stepOf(
        agreement,
        Object.fromEntries(others.map((name) => [name, said('y.1', view, { a: agreement.announcement.id })])),
      );
  };
  settle('b', 'c', 'd');
  expect(agreement.allowed('n/p', 4)).toBe(1);
  // Two are gone; the third has not said that it keeps to what is left.
  stepOf(agreement, { b: said('y.1', 'a,b,c,d', { a: 'x.1' }) });
  expect(agreement.allowed('n/p', 4)).toBe(1);
  settle('b');
  expect(agreement.allowed('n/p', 4)).toBe(2);
});

it('leaves pods alone of which others use too much, also when those speak of another list by now', () => {
  const agreement = new Agreement({ name: 'a', life: 'x', overUsed: () => [] });
  const answer = (view: string, except: string[]): void =>
    stepOf(agreement, { b: said('y.1', view, { a: agreement.announcement.id }, except) });
  const allowed = (): number[] => ['n/busy', 'n/free'].map((pod) => agreement.allowed(pod, 4));
  answer('b', []);
  answer('a,b', ['n/busy']);
  expect(allowed()).toEqual([0, 2]);
  answer('a,b,c', []);
  expect(allowed()).toEqual([0, 2]);
  answer('a,b', []);
  expect(allowed()).toEqual([2, 2]);
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
