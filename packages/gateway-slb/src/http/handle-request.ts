import { type Forward, type Listener, type RouteRequest, route } from '@ebb/router';
import type { Binding } from '../duties/affinity.ts';
import type { DataPlane } from './data-plane.ts';
import type { Downstream, Peer } from './downstream.ts';
import { Exchange, type ExchangeStart } from './exchange.ts';
import { answerProbe } from './network-probe.ts';
import { type OwnAnswer, type Refusal, answerOf, refusals } from './refusal.ts';
import { RequestHead } from './request-head.ts';
import { readTarget } from './request-target.ts';

/** What is to become of a request: an answer of the gateway's own, or an instance. */
export type Verdict =
  | { readonly kind: 'refuse'; readonly refusal: Refusal }
  | { readonly kind: 'answer'; readonly answer: OwnAnswer }
  | {
      readonly kind: 'forward';
      readonly result: Forward;
      readonly path: string;
      /** The instance the client is to come back to. */
      readonly binding: Binding | undefined;
    };

const refuse = (refusal: Refusal): Verdict => ({ kind: 'refuse', refusal });

/** Routes a request; ordinary ones and upgrades alike. Notes a fault in the head where there is one. */
export function judge(plane: DataPlane, head: RequestHead, peer: Peer): Verdict {
  const verdict = verdictOn(plane, head, peer);
  if (verdict.kind === 'refuse') plane.metrics?.refused(verdict.refusal.reason, verdict.refusal.status);
  return verdict;
}

function verdictOn(plane: DataPlane, head: RequestHead, peer: Peer): Verdict {
  if (head.method === 'CONNECT') head.fault ??= { status: 405, text: refusals.connect.text };
  const target = readTarget(head.target);
  const isAboutAll = head.target === '*' && head.method === 'OPTIONS';
  if (!target && !isAboutAll) head.fault ??= { status: 400, text: 'bad request target' };
  const { fault } = head;
  if (fault?.status === 405) return refuse(refusals.connect);
  if (fault) return refuse({ ...fault, reason: fault.status === 501 ? 'not-supported' : 'bad-request' });
  if (!target) return { kind: 'answer', answer: { status: 200, text: '', headers: [] } };
  if (target.host !== undefined) head.host = target.host;
  const duties = plane.duties?.();
  const turnedAway = duties?.admit(head, target.path, peer);
  if (turnedAway) return refuse(turnedAway);
  const binding = duties?.binding(head, peer);
  const prefers = binding?.prefers;
  const returnsTo = prefers && ((key: string): boolean => plane.activator.hasReady(key, prefers));
  const result = route(plane.table(), new Asked(target.path, peer, head, returnsTo));
  if (result.kind === 'notFound' && !plane.ready()) return refuse(refusals.starting);
  const probe = answerProbe(head, result);
  if (probe) return { kind: 'answer', answer: probe };
  if (result.kind === 'notFound') return refuse(refusals.noRoute);
  if (result.kind === 'redirect') {
    const headers = ['Location', result.location];
    return refuse({ status: 301, reason: 'redirect', text: '', headers });
  }
  return { kind: 'forward', result, path: target.path, binding };
}

/** Calls back with whether the limits of a route let a request pass: at once, or as soon as other workers' requests are counted in. */
export function checkLimits(
  { duties, metrics }: DataPlane,
  { forward, head, peer }: { readonly forward: Forward; readonly head: RequestHead; readonly peer: Peer },
  decided: (refusal: Refusal | undefined) => void,
): void {
  const asked = duties?.();
  if (!asked?.isLimited(forward, peer)) return decided(undefined);
  asked.limit(forward, head, peer, (refusal) => {
    if (refusal) metrics?.refused(refusal.reason, refusal.status);
    decided(refusal);
  });
}

/** Notes the refusal of what was no request, or not read as one; as far as a head was understood, it is given. */
export function noteRefusal(
  plane: DataPlane,
  { reason, status }: Refusal,
  peer: Peer,
  head: RequestHead = new RequestHead(),
): void {
  plane.metrics?.refused(reason, status);
  plane.duties?.()?.watcher(head, peer)?.ended({ status });
}

/** Handles a request that has come, in whatever version of HTTP; an upgrade is not one. */
export function handleRequest(plane: DataPlane, head: RequestHead, client: Downstream, peer: Peer): void {
  const duties = plane.duties?.();
  const downstream = duties ? duties.watch(client, head, peer) : client;
  const verdict = judge(plane, head, peer);
  switch (verdict.kind) {
    case 'refuse':
      return downstream.answer(answerOf(verdict.refusal));
    case 'answer':
      return downstream.answer(verdict.answer);
    case 'forward': {
      const { path, result: forward, binding } = verdict;
      const start = { downstream, peer, head, path, forward, binding };
      if (duties?.isLimited(forward, peer)) beginIfLimitsLet(plane, start);
      else new Exchange(plane, start).begin();
    }
  }
}

function beginIfLimitsLet(plane: DataPlane, start: ExchangeStart): void {
  const { downstream } = start;
  let isGone = false;
  const malformed = (): void => {
    isGone = true;
    downstream.owner = undefined;
    downstream.answer(answerOf(refusals.notHttp));
  };
  downstream.owner = { drained: () => {}, clientGone: () => (isGone = true), malformed };
  checkLimits(plane, start, (refusal) => {
    if (isGone) return;
    downstream.owner = undefined;
    if (refusal) downstream.answer(answerOf(refusal));
    else new Exchange(plane, start).begin();
  });
}

/** A request as the router looks at it. */
class Asked implements RouteRequest {
  readonly host: string;
  readonly path: string;
  readonly listener: Listener;
  readonly secure: boolean;
  readonly returnsTo: RouteRequest['returnsTo'];
  readonly #head: RequestHead;

  constructor(path: string, { listener, proto }: Peer, head: RequestHead, returnsTo: RouteRequest['returnsTo']) {
    this.host = head.host;
    this.path = path;
    this.listener = listener;
    this.secure = proto === 'https';
    this.returnsTo = returnsTo;
    this.#head = head;
  }

  header(name: string): string | undefined {
    return this.#head.header(name);
  }
}
