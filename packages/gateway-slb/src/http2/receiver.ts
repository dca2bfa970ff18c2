import { HpackDecoder } from '../hpack/hpack-decoder.ts';
import { HpackError } from '../hpack/hpack-error.ts';
import { FieldBlock, dependencyIn, withoutPadding } from './field-block.ts';
import { FrameReader } from './frame-reader.ts';
import { type Settings, readSettings } from './settings.ts';
import { ConnectionError, StreamError, clientPreface, errorCodes, flagBits, frameTypes, maxInt31 } from './wire.ts';

/** Is told what a peer says, frame by frame, as far as it makes sense by itself. May throw ConnectionErrors and StreamErrors. */
export interface FrameHandler {
  /** @param carried What it counts against windows: the bytes and their padding. */
  onData(streamId: number, bytes: Buffer, carried: number, endStream: boolean): void;
  /** @param fields Undefined if they are too large. */
  onFields(streamId: number, fields: readonly string[] | undefined, endStream: boolean): void;
  /** @param isCircular The stream is to depend on itself. */
  onPriority(streamId: number, isCircular: boolean): void;
  onReset(streamId: number, code: number): void;
  onSettings(settings: Settings): void;
  onSettingsAck(): void;
  onPing(payload: Buffer): void;
  onPong(payload: Buffer): void;
  onGoaway(lastStreamId: number): void;
  /** @param streamId 0 means all together. */
  onWindowUpdate(streamId: number, increment: number): void;
  /** A frame of a type that nobody knows, or one that goes on with a field block. */
  onOdd(): void;
  /** One stream has broken a rule. */
  onStreamError(error: StreamError): void;
}

const { protocolError, frameSizeError, compressionError } = errorCodes;

/** Of the fields of one block, compressed as they are: more than they may become, but not by much. */
const blockBytesFor = (headerBytes: number): number => Math.max(64 * 1024, 2 * headerBytes);

/** Reads what a peer sends, in whatever pieces it comes, and keeps to what RFC 9113 says of frames (sections 4 and 6). */
export class Receiver {
  readonly #handler: FrameHandler;
  readonly #maxHeaderBytes: number;
  readonly #reader = new FrameReader();
  readonly #decoder = new HpackDecoder();
  readonly #block: FieldBlock;
  /** Bytes of the client's preface that have come. */
  #prefaceBytes: number;
  #isSettled = false;
  #isStopped = false;

  /** @param maxHeaderBytes Of the fields of one block, counted as RFC 9113 does (section 6.5.2). */
  constructor(handler: FrameHandler, from: 'client' | 'server', maxHeaderBytes: number) {
    this.#handler = handler;
    this.#maxHeaderBytes = maxHeaderBytes;
    this.#block = new FieldBlock(blockBytesFor(maxHeaderBytes));
    this.#prefaceBytes = from === 'client' ? 0 : clientPreface.length;
  }

  /** Takes bytes, which are the caller's again when this returns, but for what the handler has kept. Throws ConnectionErrors. */
  receive(bytes: Buffer): void {
    const frames = this.#takePreface(bytes);
    if (!frames) return;
    const reader = this.#reader;
    reader.push(frames);
    while (!this.#isStopped && reader.next()) {
      try {
        this.#take(reader);
      } catch (error) {
        if (!(error instanceof StreamError)) throw error;
        this.#handler.onStreamError(error);
      }
    }
  }

  /** Reads nothing more, not even of what it has. */
  stop(): void {
    this.#isStopped = true;
  }

  #takePreface(bytes: Buffer): Buffer | undefined {
    const from = this.#prefaceBytes;
    if (from === clientPreface.length) return bytes;
    const count = Math.min(bytes.length, clientPreface.length - from);
    if (bytes.compare(clientPreface, from, from + count, 0, count) !== 0) throw broken('no preface of HTTP/2');
    this.#prefaceBytes += count;
    return bytes.subarray(count);
  }

  #take(frame: FrameReader): void {
    const { type, flags, streamId, payload } = frame;
    if (!this.#isSettled && (type !== frameTypes.settings || (flags & flagBits.ack) !== 0)) {
      throw broken('no settings first');
    }
    if ((this.#block.streamId !== 0) !== (type === frameTypes.continuation)) throw broken('a frame out of place');
    switch (type) {
      case frameTypes.data: {
        onStream(streamId);
        const endStream = (flags & flagBits.endStream) !== 0;
        return this.#handler.onData(streamId, withoutPadding(frame), payload.length, endStream);
      }
      case frameTypes.headers:
        onStream(streamId);
        return this.#takeBlock(streamId, this.#block.begin(frame));
      case frameTypes.continuation:
        if (streamId !== this.#block.streamId) throw broken('a field block of two streams');
        this.#handler.onOdd();
        return this.#takeBlock(streamId, this.#block.continue(frame));
      case frameTypes.priority:
        onStream(streamId);
        if (payload.length !== 5) throw new StreamError(streamId, frameSizeError, 'a priority of another size');
        return this.#handler.onPriority(streamId, dependencyIn(payload) === streamId);
      case frameTypes.rstStream:
        onStream(streamId);
        return this.#handler.onReset(streamId, wordIn(payload));
      case frameTypes.settings:
        return this.#takeSettings(frame);
      case frameTypes.pushPromise:
        throw broken('a push that nobody has allowed');
      case frameTypes.ping:
        onConnection(streamId);
        expectSize(payload, 8);
        return (flags & flagBits.ack) === 0 ? this.#handler.onPing(payload) : this.#handler.onPong(payload);
      case frameTypes.goaway:
        onConnection(streamId);
        if (payload.length < 8) throw new ConnectionError(frameSizeError, 'half a GOAWAY');
        return this.#handler.onGoaway(payload.readUInt32BE(0) & maxInt31);
      case frameTypes.windowUpdate:
        return this.#handler.onWindowUpdate(streamId, wordIn(payload) & maxInt31);
      default:
        return this.#handler.onOdd();
    }
  }

  #takeBlock(streamId: number, block: Buffer | undefined): void {
    if (!block) return;
    const { endStream, isCircular } = this.#block;
    let fields: readonly string[] | undefined;
    try {
      fields = this.#decoder.decode(block, this.#maxHeaderBytes);
    } catch (error) {
      if (error instanceof HpackError) throw new ConnectionError(compressionError, error.message);
      throw error;
    }
    this.#handler.onFields(streamId, fields, endStream);
    if (isCircular) throw new StreamError(streamId, protocolError, 'a stream that depends on itself');
  }

  #takeSettings({ flags, streamId, payload }: FrameReader): void {
    onConnection(streamId);
    if ((flags & flagBits.ack) !== 0) {
      expectSize(payload, 0);
      return this.#handler.onSettingsAck();
    }
    const settings = readSettings(payload);
    this.#isSettled = true;
    this.#handler.onSettings(settings);
  }
}

const broken = (message: string): ConnectionError => new ConnectionError(protocolError, message);

function onStream(streamId: number): void {
  if (streamId === 0) throw broken('a frame that belongs to no stream');
}

function onConnection(streamId: number): void {
  if (streamId !== 0) throw broken('a frame that belongs to no stream on one');
}

function expectSize(payload: Buffer, bytes: number): void {
  if (payload.length !== bytes) throw new ConnectionError(frameSizeError, 'a frame of another size');
}

function wordIn(payload: Buffer): number {
  expectSize(payload, 4);
  return payload.readUInt32BE(0);
}
