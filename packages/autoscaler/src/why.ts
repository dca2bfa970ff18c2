import type { IncomingMessage, ServerResponse } from 'node:http';
import { type PodAutoscaler, keys } from '@ebb/api';
import type { Decision } from './decision/decision.ts';
import { explain } from './decision/explain.ts';
import type { RevisionScaler } from './revision-scaler.ts';

/** What one revision's scale is, and how it came about. */
export interface RevisionWhy {
  readonly namespace: string;
  readonly revision: string;
  /** Name of the Service, if it belongs to one. */
  readonly service: string;
  readonly class: string;
  /** Pods wanted and ready at present. */
  readonly wanted: number;
  readonly ready: number;
  /** The last decisions that changed something, oldest first, each with its words. */
  readonly decisions: readonly (Decision & { readonly words: string })[];
}

/** Whose decisions are asked for: of a Service or a Revision of that name. */
export interface WhyQuery {
  readonly namespace: string;
  readonly name: string;
  /** The decision in force then, in milliseconds since the epoch; left out: all that are kept. */
  readonly atMs?: number | undefined;
}

/** What a scaler has to tell. */
export function whyOf(podAutoscaler: PodAutoscaler, scaler: RevisionScaler, atMs?: number): RevisionWhy {
  const { namespace = '', name = '', labels } = podAutoscaler.metadata;
  const { decisions } = scaler;
  const chosen = atMs === undefined ? decisions.list() : [decisions.at(atMs)].flatMap((decision) => decision ?? []);
  return {
    namespace,
    revision: name,
    service: labels?.[keys.service] ?? '',
    class: scaler.className,
    wanted: scaler.replicas.target ?? -1,
    ready: scaler.replicas.ready,
    decisions: chosen.map((decision) => ({ ...decision, words: explain(decision) })),
  };
}

/** True if the question is about this PodAutoscaler. */
export function isAskedFor({ metadata }: PodAutoscaler, { namespace, name }: WhyQuery): boolean {
  return metadata.namespace === namespace && (metadata.name === name || metadata.labels?.[keys.service] === name);
}

/** The answer in lines, for a terminal: a heading for each revision, then a line for each decision. */
export function formatWhy(revisions: readonly RevisionWhy[]): string {
  return revisions.map(formatRevision).join('\n\n');
}

function formatRevision({ namespace, revision, wanted, ready, decisions, class: name }: RevisionWhy): string {
  const heading = `${namespace}/${revision}: ${wanted} wanted, ${ready} ready (${name})`;
  const lines = decisions.map(({ atMs, words }) => `  ${new Date(atMs).toISOString()}  ${words}`);
  return [heading, ...(lines.length > 0 ? lines : ['  nothing was decided at that time'])].join('\n');
}

const path = /^\/why\/(?<namespace>[a-z0-9.-]+)\/(?<name>[a-z0-9.-]+)$/;

/**
 * Answers `GET /why/<namespace>/<service or revision>[?at=<RFC 3339>]` with `RevisionWhy[]` as JSON: 404 if nothing of that name is
 * scaled, 400 if the time cannot be read. False, with nothing answered, for any other request.
 */
export function answerWhy(
  ask: (query: WhyQuery) => readonly RevisionWhy[],
  { method, url = '' }: Pick<IncomingMessage, 'method' | 'url'>,
  response: Pick<ServerResponse, 'writeHead' | 'end'>,
): boolean {
  const [pathname = '', search = ''] = url.split('?', 2);
  const { namespace, name } = path.exec(pathname)?.groups ?? {};
  if (method !== 'GET' || namespace === undefined || name === undefined) return false;
  const at = new URLSearchParams(search).get('at');
  const atMs = at === null ? undefined : Date.parse(at);
  const answer = (status: number, body: unknown): true => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    return true;
  };
  if (Number.isNaN(atMs)) return answer(400, { message: `at = ${at}, must be a time such as 2026-01-02T15:04:05Z` });
  const revisions = ask({ namespace, name, atMs });
  if (revisions.length > 0) return answer(200, revisions);
  return answer(404, { message: `nothing called ${name} is scaled in namespace ${namespace}` });
}
