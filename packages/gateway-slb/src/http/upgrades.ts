import { type IncomingMessage, type Server, createServer } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { DataPlane } from './data-plane.ts';
import type { Peer } from './downstream.ts';
import { checkLimits, judge, noteRefusal } from './handle-request.ts';
import { type Refusal, refusals, refuseOnSocket } from './refusal.ts';
import { readRequestHead } from './request-head.ts';
import { clientGone } from './status.ts';
import { Tunnel } from './tunnel.ts';

/**
 * Takes connections whose request asks for another protocol, the request still to be read: http-proxy wants it as Node's own HTTP server
 * gives it.
 */
export class Upgrades implements Disposable {
  readonly #server: Server;
  readonly #peers = new WeakMap<Duplex, Peer>();

  constructor(plane: DataPlane, headerBytes: number) {
    this.#server = createServer({ maxHeaderSize: headerBytes, insecureHTTPParser: false });
    this.#server.maxHeadersCount = 0; // the bytes are limited; a limit on the number would silently drop some
    this.#server.on('upgrade', (request, socket, firstBytes) => {
      // What the HTTP server gives is what it was given.
      this.#begin(plane, request, socket as Socket, firstBytes);
    });
    const refuse = (socket: Duplex): void => {
      const peer = this.#peers.get(socket);
      if (peer) noteRefusal(plane, refusals.notHttp, peer);
      refuseOnSocket(socket, refusals.notHttp);
    };
    this.#server.on('clientError', (_, socket) => refuse(socket));
    this.#server.on('request', ({ socket }) => refuse(socket));
  }

  /** @param bytes What was read from the socket: the request, and perhaps more. */
  take(socket: Socket, peer: Peer, bytes: Buffer): void {
    this.#peers.set(socket, peer);
    socket.unshift(bytes);
    this.#server.emit('connection', socket);
  }

  [Symbol.dispose](): void {
    this.#server.close();
  }

  #begin(plane: DataPlane, request: IncomingMessage, socket: Socket, firstBytes: Buffer): void {
    const peer = this.#peers.get(socket);
    if (!peer) return void socket.destroy();
    socket.on('error', () => socket.destroy());
    const head = readRequestHead(request.rawHeaders);
    head.method = request.method ?? 'GET';
    head.target = request.url ?? '/';
    const watcher = plane.duties?.()?.watcher(head, peer);
    const refuse = (refusal: Refusal): void => {
      watcher?.ended({ status: refusal.status });
      refuseOnSocket(socket, refusal);
    };
    const verdict = judge(plane, head, peer);
    switch (verdict.kind) {
      case 'refuse':
        return refuse(verdict.refusal);
      case 'answer':
        return refuse({ ...verdict.answer, reason: 'not-supported' });
      case 'forward': {
        const { path, result: forward, binding } = verdict;
        checkLimits(plane, { forward, head, peer }, (refusal) => {
          if (refusal) return refuse(refusal);
          if (socket.destroyed) return watcher?.ended({ status: clientGone });
          new Tunnel(plane, { request, socket, firstBytes, peer, head, path, forward, binding, watcher }).begin();
        });
      }
    }
  }
}
