import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { messageOf } from '@ebb/base';
import type { ProbeAction } from '../model.ts';

/** What a check found: undefined is success, a text says what is wrong. */
export type ProbeResult = string | undefined;

export interface ProbeTarget {
  readonly host: string;
  /** The port really listened on, for one that the group declared. */
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
        return await checkHttp(new URL(`${scheme}://${target.host}:${target.portOf(action.port)}${path}`), signal);
      }
      case 'tcp':
        return await checkTcp(target.host, target.portOf(action.port), signal);
      case 'exec':
        return await checkExec(action.command, target, signal);
    }
  } catch (error) {
    return messageOf(error);
  }
}

/** Success is 200 to 399, after redirects to the same place have been followed. */
async function checkHttp(url: URL, signal: AbortSignal, redirects = 0): Promise<ProbeResult> {
  const { status, location } = await get(url, signal);
  if (status < 200 || status >= 400) return `HTTP probe failed with statuscode: ${status}`;
  const next = status >= 300 && location && URL.canParse(location, url.href) ? new URL(location, url) : undefined;
  if (!next || next.host !== url.host) return undefined;
  if (redirects === maxRedirects) return `stopped after ${maxRedirects} redirects`;
  return checkHttp(next, signal, redirects + 1);
}

function get(url: URL, signal: AbortSignal): Promise<{ status: number; location: string | undefined }> {
  return new Promise((resolve, reject) => {
    const headers = { 'user-agent': userAgent, accept: '*/*', connection: 'close' };
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
