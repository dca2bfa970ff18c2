import { type IncomingMessage, type OutgoingHttpHeaders, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { messageOf } from '../errors.ts';
import { checkGrpc } from './grpc-health.ts';
import type { HttpAction, ProbeAction } from './probe.ts';

/** What a check found: undefined is success, a text says what is wrong. */
export type ProbeResult = string | undefined;

/** Where a probe's checks go. */
export interface ProbeTarget {
  readonly host: string;
  /** The port really listened on, for one that was declared. */
  readonly portOf: (declared: number) => number;
  /** Runs a command in the container; its exit code and output. */
  readonly exec: (command: readonly string[], signal: AbortSignal) => Promise<{ exitCode: number; output: string }>;
}

const maxRedirects = 10;

/** Apps filter their logs by this name of the kubelet's probes. */
const userAgent = 'kube-probe/1.33';

/** Makes one check of a probe. Never rejects; an aborted signal is a failed check. */
export async function check(action: ProbeAction, target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
  try {
    switch (action.kind) {
      case 'http': {
        const scheme = action.scheme.toLowerCase();
        const path = action.path.startsWith('/') ? action.path : `/${action.path}`;
        const url = new URL(`${scheme}://${target.host}:${target.portOf(action.port)}${path}`);
        return await checkHttp({ url, headers: headersOf(action) }, signal);
      }
      case 'tcp':
        return await checkTcp(target.host, target.portOf(action.port), signal);
      case 'exec':
        return await checkExec(action.command, target, signal);
      case 'grpc': {
        const { service = '' } = action;
        return await checkGrpc({ host: target.host, port: target.portOf(action.port), service, userAgent }, signal);
      }
    }
  } catch (error) {
    return messageOf(error);
  }
}

/** The probe's own headers come over the usual ones; an empty value of those takes them away. */
function headersOf({ headers = [] }: HttpAction): OutgoingHttpHeaders {
  const all: Record<string, string | string[]> = { 'user-agent': userAgent, accept: '*/*' };
  const given = new Map<string, string[]>();
  for (const { name, value } of headers) {
    const key = name.toLowerCase();
    given.set(key, [...(given.get(key) ?? []), value]);
  }
  for (const [key, values] of given) {
    const [first = ''] = values;
    if (key in all && first === '') delete all[key];
    else all[key] = values.length === 1 ? first : values;
  }
  return { ...all, connection: 'close' };
}

interface HttpCall {
  readonly url: URL;
  readonly headers: OutgoingHttpHeaders;
}

/** Success is 200 to 399, after redirects to the same place have been followed. */
async function checkHttp(call: HttpCall, signal: AbortSignal, redirects = 0): Promise<ProbeResult> {
  const { status, location } = await get(call, signal);
  if (status < 200 || status >= 400) return `HTTP probe failed with statuscode: ${status}`;
  const { url } = call;
  const next = status >= 300 && location && URL.canParse(location, url.href) ? new URL(location, url) : undefined;
  if (!next || next.host !== url.host) return undefined;
  if (redirects === maxRedirects) return `stopped after ${maxRedirects} redirects`;
  return checkHttp({ ...call, url: next }, signal, redirects + 1);
}

function get(
  { url, headers }: HttpCall,
  signal: AbortSignal,
): Promise<{ status: number; location: string | undefined }> {
  return new Promise((resolve, reject) => {
    const onResponse = (response: IncomingMessage): void => {
      resolve({ status: response.statusCode ?? 0, location: response.headers.location });
      // A probe cares for the head alone.
      response.destroy();
    };
    // A probe asks whether the app answers, not who it is.
    const call =
      url.protocol === 'https:'
        ? httpsRequest(url, { headers, signal, agent: false, rejectUnauthorized: false }, onResponse)
        : httpRequest(url, { headers, signal, agent: false }, onResponse);
    call.on('error', reject);
    call.end();
  });
}

function checkTcp(host: string, port: number, signal: AbortSignal): Promise<ProbeResult> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal });
    socket.once('connect', () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.once('error', reject);
  });
}

async function checkExec(command: readonly string[], target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
  const { exitCode, output } = await target.exec(command, signal);
  return exitCode === 0 ? undefined : `exit code ${exitCode}: ${output.slice(0, 512).trim()}`;
}
