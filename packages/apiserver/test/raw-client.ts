import { Agent, request } from 'undici';
import type { KubernetesObject, ListMeta, Status } from '@ebb/api';
import type { ApiServer } from '../src/index.ts';

/** What an answer may hold, loosely: tests look at what they know is there. */
export interface Body extends KubernetesObject, Partial<Omit<Status, keyof KubernetesObject | 'metadata'>> {
  metadata: KubernetesObject['metadata'] & ListMeta;
  spec?: Record<string, unknown>;
  data?: Record<string, string>;
  items?: Body[];
  rows?: { cells: unknown[] }[];
  paths?: string[];
}

export interface Answer {
  readonly code: number;
  readonly body: Body;
  readonly text: string;
  readonly warnings: string[];
}

export interface Event {
  readonly type: string;
  readonly object: Body;
}

/** A client that shows answers as they are: codes, headers, bodies. */
export interface RawClient extends AsyncDisposable {
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Watches until `signal` aborts or the server ends it. */
  watch(path: string, options?: { signal?: AbortSignal; headers?: Record<string, string> }): AsyncIterable<Event>;
}

export function rawClient({
  url,
  caCertificate,
  token,
}: Pick<ApiServer, 'url' | 'caCertificate' | 'token'>): RawClient {
  const dispatcher = new Agent({ connect: { ca: caCertificate } });
  const authorization = `Bearer ${token}`;
  return {
    async call(method, path, body, headers = {}) {
      const raw = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
      const answer = await request(url + path, {
        method: method as 'GET',
        dispatcher,
        headers: { authorization, ...(raw === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        ...(raw === undefined ? {} : { body: raw }),
      });
      const text = await answer.body.text();
      const warnings = [answer.headers['warning'] ?? []].flat();
      return { code: answer.statusCode, text, warnings, body: parse(text) };
    },
    async *watch(path, { signal, headers = {} } = {}) {
      const answer = await request(url + path, {
        dispatcher,
        headers: { authorization, ...headers },
        ...(signal ? { signal } : {}),
      });
      let rest = '';
      for await (const chunk of answer.body) {
        const lines = (rest + String(chunk)).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) yield JSON.parse(line) as Event;
      }
    },
    [Symbol.asyncDispose]: () => dispatcher.destroy(),
  };
}

function parse(text: string): Body {
  try {
    return JSON.parse(text) as Body;
  } catch {
    return { metadata: {} };
  }
}

/** Takes events until `count` of them are there. */
export async function take(events: AsyncIterable<Event>, count: number): Promise<Event[]> {
  const taken: Event[] = [];
  for await (const event of events) {
    taken.push(event);
    if (taken.length === count) break;
  }
  return taken;
}
