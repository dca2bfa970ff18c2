import { randomInt } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { StatusError } from '@ebb/api';
import { encodeObject } from '../http/encode.ts';
import type { Encoding } from '../http/negotiate.ts';
import { contentTypes, neverCached, statusOf } from '../http/respond.ts';
import { encodeWatchEvent } from '../protobuf/encode.ts';
import { type Call, type Machine, apiVersionOfInfo } from '../rest/call.ts';
import { select } from '../rest/list.ts';
import {
  type Selection,
  badVersion,
  checkWatchOptions,
  isTrue,
  parseSelection,
  parseVersion,
  wholeParameter,
} from '../rest/list-options.ts';
import type { JsonObject } from '../schema/json.ts';
import type { StorageEvent } from '../store/storage-event.ts';
import { StoredObject } from '../store/stored-object.ts';
import { resourceKey } from '../store/stored-pair.ts';
import { selectEvent } from './select-event.ts';

/**
 * A client that has this many bytes waiting for it, beside what was there at first, has stopped reading, and is cut off; it
 * will watch again.
 */
const maxWaitingBytes = 16 * 1024 * 1024;
const bookmarkEveryMs = 60_000;
/** Watches without a timeout end by themselves after 30 to 60 minutes. */
const defaultTimeoutSeconds = 1800;

/** Content types of streams of events. */
const streamTypes = { ...contentTypes, protobuf: `${contentTypes.protobuf};stream=watch` };

type EventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';

/**
 * Answers a watch: what is there, if that is asked for, then each change until the client leaves or time is up.
 * Throws `StatusError` before anything is sent if the call makes no sense.
 */
export function startWatch(machine: Machine, call: Call, encoding: Encoding, response: ServerResponse): void {
  checkWatchOptions(call.query);
  const start = parseVersion(call.query.get('resourceVersion'), badVersion);
  const stream = new WatchStream(machine, call, encoding, response);
  if (call.query.has('sendInitialEvents')) stream.startWithList(isTrue(call.query.get('sendInitialEvents')), start);
  else stream.start(start ?? 0);
}

class WatchStream {
  readonly #machine: Machine;
  readonly #call: Call;
  readonly #encoding: Encoding;
  readonly #response: ServerResponse;
  readonly #selection: Selection;
  readonly #resource: string;
  readonly #taken: Disposable[] = [];
  readonly #bookmarks: boolean;
  readonly #timeoutSeconds: number;
  #sentRevision = 0;
  #maxWaiting = Number.POSITIVE_INFINITY;

  constructor(machine: Machine, call: Call, encoding: Encoding, response: ServerResponse) {
    this.#machine = machine;
    this.#call = call;
    this.#encoding = encoding;
    this.#response = response;
    this.#selection = parseSelection(call);
    this.#resource = resourceKey(call.info);
    this.#bookmarks = isTrue(call.query.get('allowWatchBookmarks'));
    this.#timeoutSeconds = wholeParameter(call.query, 'timeoutSeconds');
  }

  /** Watches from a version; 0 stands for all that is there now. */
  start(revision: number): void {
    if (revision === 0) {
      this.#open();
      this.#sendExisting();
      this.#follow(this.#machine.storage.revision);
      return;
    }
    const missed = this.#missedSince(revision);
    this.#open();
    if (missed instanceof StatusError) return this.#fail(missed);
    for (const event of missed) this.#take(event);
    this.#follow(Math.max(revision, missed.at(-1)?.revision ?? 0));
  }

  /** Watches in the form that replaces a list: all that is there, a bookmark that says so, then changes. */
  startWithList(withInitial: boolean, revision: number | undefined): void {
    if (!withInitial) return this.start(revision || this.#machine.storage.revision);
    this.#open();
    this.#sendExisting();
    const now = this.#machine.storage.revision;
    if (this.#bookmarks) this.#sendBookmark(now, { 'k8s.io/initial-events-end': 'true' });
    this.#follow(now);
  }

  #missedSince(revision: number): StorageEvent[] | StatusError {
    try {
      return this.#machine.storage.watch(this.#resource).since(revision);
    } catch (error) {
      if (error instanceof StatusError) return error;
      throw error;
    }
  }

  #open(): void {
    this.#response.writeHead(200, {
      'Content-Type': streamTypes[this.#encoding.media],
      ...neverCached,
    });
    this.#response.flushHeaders();
  }

  #follow(revision: number): void {
    const { clock, storage } = this.#machine;
    this.#sentRevision = revision;
    this.#maxWaiting = this.#response.writableLength + maxWaitingBytes;
    if (this.#response.destroyed) return;
    const sink = {
      next: (event: StorageEvent, lines: Map<string, Buffer>): void => this.#takeLive(event, lines),
      end: (): void => this.#end(),
    };
    this.#taken.push(storage.watch(this.#resource).subscribe(sink));
    const seconds =
      this.#timeoutSeconds > 0 ? this.#timeoutSeconds : defaultTimeoutSeconds + randomInt(defaultTimeoutSeconds);
    this.#taken.push(clock.after(Math.min(seconds * 1000, 2 ** 31 - 1), () => this.#end()));
    if (this.#bookmarks)
      this.#taken.push(clock.every(bookmarkEveryMs, () => this.#sendBookmark(this.#machine.storage.publishedRevision)));
    this.#response.once('close', () => this.#release());
  }

  #sendExisting(): void {
    for (const stored of select(this.#machine.storage, this.#call)) this.#send('ADDED', stored);
  }

  #takeLive(event: StorageEvent, lines: Map<string, Buffer>): void {
    // A change that was in the list already may be committed, and so published, after it.
    if (event.revision > this.#sentRevision) this.#take(event, lines);
  }

  #take(event: StorageEvent, lines?: Map<string, Buffer>): void {
    const selected = selectEvent(this.#selection, event);
    // An object that left the selection looks different to each watcher: no line to share.
    if (selected) this.#send(selected.type, selected.stored, selected.stored === event.current ? lines : undefined);
  }

  #send(type: EventType, stored: StoredObject, lines?: Map<string, Buffer>): void {
    const { as, media } = this.#encoding;
    const apiVersion = apiVersionOfInfo(this.#call.info);
    const key = `${type} ${media} ${as} ${apiVersion} ${this.#call.query.get('includeObject') ?? ''}`;
    let line = lines?.get(key);
    if (!line) {
      const object = encodeObject(this.#call, stored, this.#encoding, this.#machine.clock.now());
      line = this.#line(type, object);
      lines?.set(key, line);
    }
    this.#write(line);
  }

  #sendBookmark(revision: number, annotations?: Record<string, string>): void {
    const { info } = this.#call;
    const metadata = { resourceVersion: String(revision), ...(annotations ? { annotations } : {}) };
    const object = { kind: info.kind, apiVersion: apiVersionOfInfo(info), metadata };
    this.#send('BOOKMARK', new StoredObject(object, revision));
  }

  #write(line: Buffer): void {
    this.#response.write(line);
    if (this.#response.writableLength > this.#maxWaiting) this.#response.destroy();
  }

  #line(type: string, object: string): Buffer {
    if (this.#encoding.media === 'protobuf') return encodeWatchEvent(type, JSON.parse(object) as JsonObject);
    return Buffer.from(`{"type":"${type}","object":${object}}\n`);
  }

  #fail(error: StatusError): void {
    this.#response.end(this.#line('ERROR', JSON.stringify(statusOf(error))));
  }

  #end(): void {
    this.#release();
    this.#response.end();
  }

  #release(): void {
    for (const each of this.#taken.splice(0)) each[Symbol.dispose]();
  }
}
