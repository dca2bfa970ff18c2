import { randomBytes } from 'node:crypto';
import { systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import type { Client, Received, Sent } from './client.ts';
import { normalize } from './normalize.ts';
import type { Step, Story } from './story.ts';

/** An answer in the form in which two servers are compared. */
export interface Answer {
  readonly say: string;
  readonly request: string;
  readonly code: number;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly body: unknown;
}

const comparedHeaders = ['content-type', 'warning', 'retry-after', 'cache-control'];
/** Not worth a line each. */
const usualHeaders: Readonly<Record<string, string>> = {
  'content-type': 'application/json',
  'cache-control': 'no-cache, private',
};
const waitMs = 100;
const maxTries = 300;

/** A server that is told stories. */
export interface Server {
  readonly client: Client;
  /** Whether controllers run beside it, which put into each new namespace what belongs there, in their own time. */
  readonly hasControllers: boolean;
}

/** Tells a server a story, in a new namespace: that of an earlier telling may still be on its way out. */
export async function tell(
  { client, hasControllers }: Server,
  { name, steps, managedFields }: Story,
): Promise<Answer[]> {
  const namespace = `${name}-${randomBytes(4).toString('hex')}`;
  await makeNamespace(client, namespace);
  await (hasControllers ? furnished(client, namespace) : furnish(client, namespace));
  const saved = new Map([['ns', namespace]]);
  const answers: Answer[] = [];
  for (const step of steps) {
    const received = await sendStep(client, step, saved);
    const parsed = parse(received.text, step);
    for (const [key, path] of Object.entries(step.save ?? {})) saved.set(key, String(valueAt(parsed, path)));
    const shown = step.show ? step.show(parsed as never) : parsed;
    answers.push({
      say: step.say,
      request: `${step.method} ${step.path}`,
      code: received.code,
      headers: headersOf(received, namespace),
      body: normalize(managedFields ? shown : withoutManagedFields(shown), namespace),
    });
  }
  await client.send({ method: 'DELETE', path: `/api/v1/namespaces/${namespace}`, headers: {} });
  return answers;
}

function withoutManagedFields(body: unknown): unknown {
  return JSON.parse(
    JSON.stringify(body ?? null, (key, value: unknown) => (key === 'managedFields' ? undefined : value)),
  ) as unknown;
}

async function makeNamespace(client: Client, namespace: string): Promise<void> {
  const { code, text } = await post(client, '/api/v1/namespaces', { metadata: { name: namespace } });
  if (code !== 201) throw new Error(`making namespace ${namespace} was answered with ${code}: ${text}`);
}

/** Puts into a namespace what stories expect of it: there are no controllers to do so. */
async function furnish(client: Client, namespace: string): Promise<void> {
  await post(client, `/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: 'default' } });
}

/** Waits until controllers have put into a new namespace what they do: a story's watch would tell of it. */
async function furnished(client: Client, namespace: string): Promise<void> {
  const isThere = async (path: string): Promise<boolean> =>
    (await client.send({ method: 'GET', path: `/api/v1/namespaces/${namespace}/${path}`, headers: {} })).code === 200;
  await eventually(
    async () => (await isThere('configmaps/kube-root-ca.crt')) && (await isThere('serviceaccounts/default')),
    {
      what: `controllers to put kube-root-ca.crt and a service account into namespace ${namespace}`,
      timeoutMs: 60_000,
    },
  );
}

async function post(client: Client, path: string, body: object): Promise<Received> {
  const headers = { 'content-type': 'application/json' };
  return client.send({ method: 'POST', path, body: JSON.stringify(body), headers });
}

async function sendStep(client: Client, step: Step, saved: ReadonlyMap<string, string>): Promise<Received> {
  const sent = requestOf(step, saved);
  for (let tried = 1; ; tried++) {
    const received = await client.send(sent);
    if (isAnswer(received, step) || tried === maxTries) return received;
    await systemClock.sleep(waitMs);
  }
}

/** Whether an answer is the one that a step waits for. */
function isAnswer({ code, text }: Received, { until }: Step): boolean {
  if (until === undefined) return true;
  return until instanceof RegExp ? until.test(text) : code === until;
}

function requestOf({ method, path, body, type, accept }: Step, saved: ReadonlyMap<string, string>): Sent {
  const fill = (text: string): string => text.replaceAll(/<(\w+)>/g, (whole, name: string) => saved.get(name) ?? whole);
  const raw = body instanceof Uint8Array ? body : typeof body === 'string' ? fill(body) : fillJson(body, fill);
  return {
    method,
    path: fill(path),
    headers: {
      ...(accept === undefined ? {} : { accept }),
      ...(raw === undefined && type === undefined ? {} : { 'content-type': type ?? 'application/json' }),
    },
    ...(raw === undefined ? {} : { body: raw }),
  };
}

function fillJson(body: unknown, fill: (text: string) => string): string | undefined {
  return body === undefined ? undefined : fill(JSON.stringify(body));
}

/** A watch answers in lines, everything else in one value, or in text. */
function parse(text: string, { path }: Step): unknown {
  if (/[?&]watch=(?:1|true)/.test(path) && !text.startsWith('{"kind":"Status"'))
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => parseJson(line));
  return parseJson(text);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function valueAt(body: unknown, path: string): unknown {
  let found = body;
  for (const key of path.split('.')) found = (found as Record<string, unknown> | undefined)?.[key];
  if (found === undefined) throw new Error(`the answer has no ${path} to save: ${JSON.stringify(body).slice(0, 300)}`);
  return found;
}

function headersOf({ headers }: Received, namespace: string): Answer['headers'] {
  return Object.fromEntries(
    comparedHeaders.flatMap((name) => {
      const value = headers[name];
      return value === undefined || value === usualHeaders[name]
        ? []
        : [[name, normalize([value].flat().sort(), namespace) as string[]]];
    }),
  );
}
