import type { FloodGuard } from './flood-guard.ts';
import type { FrameHandler } from './receiver.ts';
import type { Sender } from './sender.ts';
import type { Settings } from './settings.ts';
import type { Stream } from './stream.ts';
import type { Streams } from './streams.ts';
import { ConnectionError, StreamError, errorCodes, flagBits, frameTypes } from './wire.ts';

const { protocolError, flowControlError, streamClosed, refusedStream, enhanceYourCalm } = errorCodes;

/** Is told what the frames of a peer come to; see `ConnectionOwner`. */
export interface FramesOwner {
  opened(stream: Stream, fields: readonly string[] | undefined): void;
  settled(settings: Settings): void;
  settingsAcknowledged(): void;
  peerGoaway(lastStreamId: number): void;
  ponged(payload: Buffer): void;
}

interface FramesOptions {
  readonly owner: FramesOwner;
  readonly streams: Streams;
  readonly sender: Sender;
  readonly guard: FloodGuard;
  readonly isServer: boolean;
  /** Streams a client may have at a time. */
  readonly maxStreams: number;
}

/** Settings change all streams. */
const settingsCost = 10;
/** Answers that a peer does not take. */
const maxControlBytes = 64 * 1024;

const none: readonly string[] = [];
const nothing = Buffer.alloc(0);
const oddIncrement = 'a window that may not be';

/** What a peer's frames do to a connection and its streams (RFC 9113, sections 5 and 6). */
export class IncomingFrames implements FrameHandler {
  readonly #options: FramesOptions;

  constructor(options: FramesOptions) {
    this.#options = options;
  }

  onData(streamId: number, bytes: Buffer, carried: number, endStream: boolean): void {
    const { streams } = this.#options;
    streams.receive(carried);
    if (bytes.length === 0 && !endStream) this.#spendNoise(1);
    const stream = streams.table.find(streamId);
    if (!stream?.mayReceive(carried)) {
      streams.releaseAll(carried);
      if (!stream) return streams.table.expectLate(streamId);
      throw new StreamError(streamId, stream.isReceived ? streamClosed : flowControlError, 'data that may not be');
    }
    if (carried > bytes.length) streams.release(stream, carried - bytes.length);
    if (!stream.body.take(bytes)) throw new StreamError(streamId, protocolError, 'more data than was announced');
    if (endStream) streams.received(stream, none);
  }

  onFields(streamId: number, fields: readonly string[] | undefined, endStream: boolean): void {
    const { table } = this.#options.streams;
    const stream = table.open.get(streamId);
    if (stream) return this.#takeFields(stream, fields, endStream);
    if (this.#options.isServer && !table.isOver(streamId)) return this.#begin(streamId, fields, endStream);
    table.find(streamId);
    table.expectLate(streamId);
    this.#spendNoise(1);
  }

  onPriority(streamId: number, isCircular: boolean): void {
    this.#spendNoise(1);
    if (isCircular) throw new StreamError(streamId, protocolError, 'a stream that depends on itself');
  }

  onReset(streamId: number, code: number): void {
    const { streams, guard, isServer } = this.#options;
    const stream = streams.table.find(streamId);
    if (!stream) return this.#spendNoise(1);
    streams.break(stream, code, 'peer');
    if (isServer && !stream.isSent) guard.streamBroken();
  }

  onSettings(settings: Settings): void {
    this.#spendNoise(settingsCost);
    const { owner, streams, sender, isServer } = this.#options;
    const { headerTableSize, enablePush, initialWindowSize } = settings;
    if (enablePush === 1 && !isServer) throw new ConnectionError(protocolError, 'a server that allows pushes');
    if (headerTableSize !== undefined) sender.encoder.setTableSize(headerTableSize);
    if (initialWindowSize !== undefined) streams.changeWindows(initialWindowSize);
    this.#answer(frameTypes.settings, nothing);
    owner.settled(settings);
  }

  onSettingsAck(): void {
    this.#spendNoise(1);
    this.#options.owner.settingsAcknowledged();
  }

  onPing(payload: Buffer): void {
    this.#spendNoise(1);
    this.#answer(frameTypes.ping, payload);
  }

  onPong(payload: Buffer): void {
    this.#spendNoise(1);
    this.#options.owner.ponged(payload);
  }

  onGoaway(lastStreamId: number): void {
    this.#spendNoise(1);
    this.#options.owner.peerGoaway(lastStreamId);
  }

  onWindowUpdate(streamId: number, increment: number): void {
    this.#spendNoise(1);
    const { streams, sender } = this.#options;
    const code = increment === 0 ? protocolError : flowControlError;
    if (streamId === 0) {
      if (increment === 0 || !sender.window.grow(increment)) throw new ConnectionError(code, oddIncrement);
      return sender.wakeStarved();
    }
    const stream = streams.table.find(streamId);
    if (!stream) return;
    if (increment === 0 || !stream.sendWindow.grow(increment)) throw new StreamError(streamId, code, oddIncrement);
    sender.wake(stream);
  }

  onOdd(): void {
    this.#spendNoise(1);
  }

  onStreamError({ streamId, code, message }: StreamError): void {
    const { streams, guard, isServer } = this.#options;
    const stream = streams.table.open.get(streamId);
    if (!stream && !streams.table.isOver(streamId)) throw new ConnectionError(code, message);
    if (stream) streams.reset(stream, code);
    else streams.refuse(streamId, code);
    stream?.owner?.broken(code, 'rules');
    if (isServer) guard.streamBroken();
  }

  #begin(streamId: number, fields: readonly string[] | undefined, endStream: boolean): void {
    const { owner, streams, guard, maxStreams } = this.#options;
    if (!streams.table.begin(streamId)) return this.#spendNoise(1);
    if (streams.table.open.size >= maxStreams) throw new StreamError(streamId, refusedStream, 'too many streams');
    const stream = streams.add(streamId);
    stream.isReceived = endStream;
    guard.streamBegun();
    owner.opened(stream, fields);
  }

  #takeFields(stream: Stream, fields: readonly string[] | undefined, endStream: boolean): void {
    if (stream.isReceived) throw new StreamError(stream.id, streamClosed, 'fields behind the end');
    if (!fields) throw new StreamError(stream.id, enhanceYourCalm, 'too many fields');
    const trailers = stream.owner?.fields(fields, endStream) ?? none;
    if (endStream && !stream.isClosed) this.#options.streams.received(stream, trailers);
  }

  #answer(type: number, payload: Buffer): void {
    const { sender } = this.#options;
    sender.frame(type, flagBits.ack, 0, payload);
    if (sender.controlBytes > maxControlBytes) throw new ConnectionError(enhanceYourCalm, 'answers nobody takes');
  }

  #spendNoise(cost: number): void {
    const { guard, sender } = this.#options;
    guard.noise(cost, sender);
  }
}
