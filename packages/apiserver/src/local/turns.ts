import type { Clock } from '@ebb/base';

/** Longest stretch of calls before sockets are looked at again. */
const sliceMs = 2;
/** One that begins new work gets its turn after so many calls, however many more wait: about what a Service takes to be Ready. */
const callsPerNewcomer = 40;
/** The same for one that has waited for `longWaitMs`, as patience ends. */
const callsPerLateNewcomer = 10;
/** Long for anyone to wait; a request lives for no more than a minute in kube-apiserver. */
const longWaitMs = 60_000;

interface Waiting {
  readonly sinceMs: number;
  readonly begin: () => void;
}

/**
 * Gives turns to those who want something of the server. What the server's own process asks for, to finish what has begun,
 * goes first; what clients from outside begin anew waits until that is done, though not for ever. So a thousand objects created
 * at once become ready one after another, each soon after it was created, in place of all of them at the end (Kubernetes' API
 * priority and fairness has the same aim).
 */
export class Turns {
  readonly #clock: Clock;
  // Sets keep the order of arrival, and their first member is cheap to take.
  readonly #calls = new Set<() => void>();
  readonly #newcomers = new Set<Waiting>();
  readonly #later = new Set<Waiting>();
  #planned = false;
  #callsSinceNewcomer = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs a call of the server's own process when its turn has come. */
  call<T>(work: () => T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#calls.add(() => settle(work, resolve, reject));
      this.#plan();
    });
  }

  /** Runs a call that nobody waits for, such as telling an event, when there is nothing better to do. */
  callLater<T>(work: () => T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#later.add({ sinceMs: this.#clock.now(), begin: () => settle(work, resolve, reject) });
      this.#plan();
    });
  }

  /** Resolves when something new may begin. */
  newWork(): Promise<void> {
    return new Promise((resolve) => {
      this.#newcomers.add({ sinceMs: this.#clock.now(), begin: resolve });
      this.#plan();
    });
  }

  #plan(): void {
    if (this.#planned) return;
    this.#planned = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#planned = false;
    const now = this.#clock.now();
    const idle = this.#calls.size === 0 && this.#newcomers.size === 0;
    this.#admit(now);
    for (const call of this.#calls) {
      this.#calls.delete(call);
      this.#callsSinceNewcomer += 1;
      call();
      if (this.#clock.now() - now >= sliceMs) break;
    }
    this.#catchUp(now, idle);
    if (this.#calls.size > 0 || this.#newcomers.size > 0 || this.#later.size > 0) this.#plan();
  }

  /** Does what could wait, if there was nothing else to do in this turn, or if it has waited for long. */
  #catchUp(now: number, idle: boolean): void {
    for (const first of this.#later) {
      if ((!idle && now - first.sinceMs < longWaitMs) || this.#clock.now() - now >= sliceMs) return;
      this.#later.delete(first);
      first.begin();
    }
  }

  /** Lets the first newcomer begin, if it is time. */
  #admit(now: number): void {
    for (const first of this.#newcomers) {
      const isLate = now - first.sinceMs >= longWaitMs;
      const isTime = this.#callsSinceNewcomer >= (isLate ? callsPerLateNewcomer : callsPerNewcomer);
      if (this.#calls.size > 0 && !isTime) return;
      this.#newcomers.delete(first);
      this.#callsSinceNewcomer = 0;
      first.begin();
      return;
    }
  }
}

function settle<T>(
  work: () => T | Promise<T>,
  resolve: (value: T | Promise<T>) => void,
  reject: (reason: unknown) => void,
): void {
  try {
    resolve(work());
  } catch (error) {
    reject(error);
  }
}
