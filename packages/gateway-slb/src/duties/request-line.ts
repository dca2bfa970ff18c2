import { type Fields, type Template, asText } from '@ebb/api';
import { formatAddress, messageOf } from '@ebb/base';
import type { Peer } from '../http/downstream.ts';
import type { RequestHead } from '../http/request-head.ts';
import type { RevisionNames } from '../metrics/revision-names.ts';

/** A request that is over, as the log has it. */
export interface LoggedRequest {
  readonly head: RequestHead;
  readonly peer: Peer;
  readonly status: number;
  /** Bytes of bodies. */
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly latencySeconds: number;
  /** Undefined if it was none of a revision that has had it. */
  readonly revision: RevisionNames | undefined;
  /** The instance that had it. */
  readonly podName: string;
  readonly podIP: string;
  readonly traceId: string;
}

/** What is written of a request: fields beside the text. Undefined: nothing. */
export interface RequestLine {
  readonly fields: object;
  readonly message: string;
}

/** The line as it is without a template, in the form of Knative's documented one (data-path.md, section 15.4). */
export function plainLine(request: LoggedRequest): RequestLine {
  const { head, peer, status, revision } = request;
  const httpRequest = {
    requestMethod: head.method,
    requestUrl: `${peer.proto}://${head.host}${head.target}`,
    requestSize: request.requestBytes,
    status,
    responseSize: request.responseBytes,
    userAgent: head.header('user-agent') ?? '',
    remoteIp: peer.address,
    serverIp: request.podIP,
    referer: head.header('referer') ?? '',
    latency: `${request.latencySeconds.toFixed(6)}s`,
    protocol: protocolOf(peer),
  };
  const key = revision ? `${revision.namespace}/${revision.revision}` : '';
  const fields = { httpRequest, revision: key, pod: request.podName, traceId: request.traceId };
  return { fields, message: 'request' };
}

/**
 * The line as a template has it, whose fields are those of Knative's (data-path.md, section 15.4): an object of JSON as fields, anything
 * else as text, white space not at all. A request that the template fails for has its plain line, with the reason.
 */
export function templateLine(template: Template, request: LoggedRequest): RequestLine | undefined {
  let text: string;
  try {
    text = template.render(templateFields(request)).trim();
  } catch (error) {
    const { fields, message } = plainLine(request);
    return { fields: { ...fields, template: messageOf(error) }, message };
  }
  if (text === '') return undefined;
  const fields = objectIn(text);
  return fields ? { fields, message: 'request' } : { fields: {}, message: text };
}

function objectIn(text: string): object | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    // Text that begins like an object is text.
    return undefined;
  }
}

/** What a template may name: of Go's request the parts that a log is made of. Headers are looked at only for those that name them. */
function templateFields({ head, peer, revision, ...request }: LoggedRequest): Fields {
  const [path = '', ...query] = head.target.split('?');
  return {
    Request: {
      Method: head.method,
      RequestURI: head.target,
      URL: { [asText]: head.target, Path: path, RawQuery: query.join('?') },
      Host: head.host,
      Proto: protocolOf(peer),
      // As Go has it where none was announced.
      ContentLength: head.contentLength ?? (request.requestBytes > 0 ? -1 : 0),
      get Header() {
        return headerFields(head);
      },
      get UserAgent() {
        return head.header('user-agent') ?? '';
      },
      get Referer() {
        return head.header('referer') ?? '';
      },
      RemoteAddr: formatAddress({ host: peer.address, port: peer.port ?? 0 }),
    },
    Response: { Code: request.status, Size: request.responseBytes, Latency: request.latencySeconds },
    Revision: {
      Name: revision?.revision ?? '',
      Namespace: revision?.namespace ?? '',
      Service: revision?.service ?? '',
      Configuration: revision?.configuration ?? '',
      PodName: request.podName,
      PodIP: request.podIP,
    },
    TraceID: request.traceId,
  };
}

/** `X-Request-Id`, whatever the client wrote; a list in brackets, as Go prints it; and `Get`, the first of them. */
function headerFields(head: RequestHead): Fields {
  const list = head.headers.list();
  const values = new Map<string, string[]>();
  for (let i = 0; i + 1 < list.length; i += 2) {
    const name = canonical(list[i] ?? '');
    const value = list[i + 1] ?? '';
    const others = values.get(name);
    if (others) others.push(value);
    else values.set(name, [value]);
  }
  const printed = [...values].map(([name, all]): [string, string] => [name, `[${all.join(' ')}]`]);
  return {
    ...Object.fromEntries(printed),
    Get: (name = '') => values.get(canonical(name))?.[0] ?? '',
    [asText]: `map[${printed.map(([name, all]) => `${name}:${all}`).join(' ')}]`,
  };
}

const canonical = (name: string): string =>
  name.toLowerCase().replace(/(?<![^-])[a-z]/g, (letter) => letter.toUpperCase());

const protocolOf = ({ protocol }: Peer): string => protocol ?? 'HTTP/1.1';
