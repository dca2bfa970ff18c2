import type { RequestListener } from 'node:http';

/** What an instance answers. */
export interface BusyAnswer {
  /** Of its pod. */
  readonly pod: string;
  /** The most requests it has ever had at a time. */
  readonly most: number;
}

/** Simulated instances whose answers take time: `/?ms=300` so many milliseconds, `/hold` until they are released. */
export class BusyInstances {
  readonly #held: (() => void)[] = [];

  /** Makes the listener of a pod. */
  readonly serve = (pod: string): RequestListener => {
    let [now, most] = [0, 0];
    return (request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://instance');
      most = Math.max(most, ++now);
      const answer = (): void => {
        response.end(JSON.stringify({ pod, most } satisfies BusyAnswer), () => now--);
      };
      if (pathname === '/hold') this.#held.push(answer);
      else setTimeout(answer, Number(searchParams.get('ms') ?? 0));
    };
  };

  /** Requests that wait to be released. */
  get held(): number {
    return this.#held.length;
  }

  release(): void {
    for (const answer of this.#held.splice(0)) answer();
  }
}
