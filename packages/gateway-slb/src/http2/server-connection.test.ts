import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { silentLogger } from '@ebb/base';
import { FakeClock } from '@ebb/base/testing';
import { expect, it } from 'vitest';
import { type Frame, beginning, flags, frame, readFrames, types } from '../../test/raw-http2-client.ts';
import type { DataPlane } from '../http/data-plane.ts';
import { Deadlines } from '../http/deadlines.ts';
import type { Peer } from '../http/downstream.ts';
import { ServerConnection } from './server-connection.ts';

const peer: Peer = { address: '127.0.0.1', proto: 'http', listener: 'public' };
const acknowledged = frame('settings', 0, { flags: flags.ack });

/** A connection whose other end the test holds, and the clock. */
class World extends Duplex {
  readonly clock = new FakeClock();
  readonly frames: Frame[] = [];
  /** The client reads. */
  isHeard = true;
  bytesWritten = 0;
  readonly #take = readFrames((taken) => this.frames.push(taken));
  #done = (): void => {};

  constructor() {
    super({ allowHalfOpen: true });
    const plane = { clock: this.clock, deadlines: new Deadlines(this.clock), logger: silentLogger };
    const limits = { headerBytes: 4096, keepAliveMs: 60_000 };
    const context = { plane: plane as unknown as DataPlane, limits, date: () => '' };
    void new ServerConnection(context, this as unknown as Socket, peer);
  }

  override _read(): void {}

  override _write(bytes: Buffer, _encoding: string, done: () => void): void {
    this.bytesWritten += bytes.length;
    this.#take(bytes);
    if (this.isHeard) done();
    else this.#done = done;
  }

  /** The client reads what was written. */
  hear(): void {
    this.#done();
  }

  async pass(ms: number): Promise<void> {
    // What is written in a turn of the event loop goes out at its end.
    await new Promise(setImmediate);
    await this.clock.advance(ms);
    await new Promise(setImmediate);
  }

  get farewells(): number[] {
    return this.frames.filter(({ type }) => type === types.goaway).map(({ payload }) => payload.readUInt32BE(4));
  }
}

it('gives up on a client that does not acknowledge its settings', async () => {
  const world = new World();
  world.push(beginning);
  await world.pass(29_000);
  expect(world.farewells).toEqual([]);
  await world.pass(2000);
  expect(world.farewells).toEqual([4]);
  await world.pass(2000);
  expect(world.destroyed).toBe(true);
});

it('leaves a client time for its last words as long as it takes them', async () => {
  const world = new World();
  world.push(Buffer.concat([beginning, acknowledged]));
  await world.pass(59_000);
  expect(world.farewells).toEqual([]);
  world.isHeard = false;
  // Nothing was asked for: it is told to go, and then that nothing more is answered.
  await world.pass(5000);
  world.hear();
  await world.pass(5000);
  expect(world.farewells).toEqual([0, 0]);
  await world.pass(50_000);
  expect(world.destroyed).toBe(false);
  await world.pass(120_000);
  expect(world.destroyed).toBe(true);
});
