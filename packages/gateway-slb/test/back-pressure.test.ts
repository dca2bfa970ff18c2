import { systemClock } from '@ebb/base';
import { Agent, request } from 'undici';
import { expect, it } from 'vitest';
import { expectSoon, host, openGateway, openHttpBackend } from './harness.ts';

/** `EBB_LOAD=long`: ten minutes. */
const isLong = process.env['EBB_LOAD'] === 'long';
const seconds = isLong ? 600 : 4;
const perSecond = 200;
const patienceMs = 1000;
const capacity = 2;

it(
  'of fifty times more requests than there is room for, those whose clients give up leave nothing behind',
  { timeout: (seconds + 60) * 1000 },
  async () => {
    let served = 0;
    await using backend = await openHttpBackend((_, response) => {
      served++;
      setTimeout(() => response.end('done'), 500);
    });
    await using gateway = await openGateway({ backends: [backend], config: { containerConcurrency: capacity } });
    // One's patience ends a request, and nothing else: on a machine that stands still a connection takes its time.
    const agent = new Agent({ connect: { timeout: 0 } });
    const url = `http://127.0.0.1:${gateway.port}/`;
    let answered = 0;
    let gaveUp = 0;
    const other: string[] = [];
    const ask = async (): Promise<void> => {
      try {
        const signal = AbortSignal.timeout(patienceMs);
        const { statusCode, body } = await request(url, { headers: { host }, dispatcher: agent, signal });
        await body.dump();
        if (statusCode === 200) answered++;
        else other.push(String(statusCode));
      } catch (error) {
        if (error instanceof Error && error.name === 'TimeoutError') gaveUp++;
        else other.push(String(error));
      }
    };
    // What is loaded and compiled at the first request would else take the time of many.
    await (await request(url, { headers: { host }, dispatcher: agent })).body.dump();
    const began = systemClock.now();
    const heap: number[] = [];
    let sent = 0;
    let skipped = 0;
    let mostWaiting = 0;
    const asked = new Set<Promise<void>>();
    for (let now = began; now < began + seconds * 1000; now = systemClock.now()) {
      // What a machine has slept through is not made up for.
      skipped = Math.max(skipped, ((now - began) / 1000) * perSecond - sent - perSecond / 20);
      for (; sent + skipped < ((now - began) / 1000) * perSecond; sent++) {
        const asking: Promise<void> = ask().finally(() => asked.delete(asking));
        asked.add(asking);
      }
      mostWaiting = Math.max(mostWaiting, gateway.activator.waiting);
      if (heap.length < (now - began) / 1000) heap.push(process.memoryUsage().rss);
      await systemClock.sleep(5);
    }
    await Promise.all(asked);
    await expectSoon(() => gateway.activator.waiting === 0 && gateway.inFlight() === 0);
    expect(gateway.activator.waitingBytes).toBe(0);
    await agent.destroy();
    const mean = (part: readonly number[]): number => part.reduce((sum, each) => sum + each, 0) / part.length / 2 ** 20;
    const fifth = Math.ceil(heap.length / 5);
    const [early, late] = [mean(heap.slice(fifth, 2 * fifth)), mean(heap.slice(-fifth))];
    if (isLong) {
      process.stdout.write(
        `${sent} requests in ${seconds} s: ${answered} answered, ${gaveUp} gave up; at most ${mostWaiting} waiting; ${early.toFixed(0)} MiB in the second fifth of the time, ${late.toFixed(0)} in the last\n`,
      );
    }
    expect(late).toBeLessThan(early * (isLong ? 1.15 : 2));
    expect(other).toEqual([]);
    // Four a second are possible; first come, first served alone would answer two in all. Where the machine has no time for its clients,
    // a few seconds tell nothing: that is asked of the activator alone.
    expect(answered).toBeGreaterThanOrEqual(isLong ? capacity * seconds : 0);
    expect(gaveUp).toBeGreaterThan(answered);
    expect(served).toBeGreaterThan(isLong ? capacity * seconds : 0);
    // Those of one client's patience, and some that are on their way.
    expect(mostWaiting).toBeLessThan(perSecond * (patienceMs / 1000) * 2);
  },
);
