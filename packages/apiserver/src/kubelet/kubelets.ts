import { type Node, StatusError } from '@ebb/api';
import { isAbort, messageOf } from '@ebb/base';
import { Agent, type Dispatcher, request } from 'undici';
import type { Storage } from '../store/storage.ts';

/** A question to a kubelet. */
interface KubeletCall {
  /** Path with its query. */
  readonly path: string;
  readonly signal: AbortSignal;
}

const headersTimeoutMs = 30_000;

/** The way to the kubelets of the nodes there are. */
export class Kubelets implements AsyncDisposable {
  /** What is sent to them as `Authorization`. */
  readonly authorization: string | undefined;
  readonly #storage: Storage;
  // Kubelets are reached over loopback only and make their own certificates: there is nobody to sign those.
  readonly #agent = new Agent({
    connect: { rejectUnauthorized: false },
    headersTimeout: headersTimeoutMs,
    bodyTimeout: 0,
  });

  constructor(storage: Storage, token: string | undefined) {
    this.#storage = storage;
    this.authorization = token === undefined ? undefined : `Bearer ${token}`;
  }

  /** `https://<address>:<port>` of a node's kubelet. Throws `InternalError` if it has none. */
  originOf(nodeName: string): string {
    const node = this.#storage.table('nodes').get('', nodeName)?.object as Node | undefined;
    const address = node?.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address;
    const port = node?.status?.daemonEndpoints?.kubeletEndpoint?.Port;
    if (!node || !address || !port)
      throw new StatusError(
        'InternalError',
        `Internal error occurred: node ${nodeName} has no kubelet that can be reached`,
      );
    return `https://${address.includes(':') ? `[${address}]` : address}:${port}`;
  }

  /** Calls a node's kubelet. Rejects with `InternalError` if it cannot be reached, and with the signal's reason. */
  async call(nodeName: string, { path, signal }: KubeletCall): Promise<Dispatcher.ResponseData> {
    const url = `${this.originOf(nodeName)}${path}`;
    const headers = this.authorization === undefined ? {} : { authorization: this.authorization };
    try {
      return await request(url, { dispatcher: this.#agent, headers, signal });
    } catch (error) {
      if (isAbort(error)) throw error;
      throw new StatusError('InternalError', `Get "${url}": ${messageOf(error)}`, { cause: error });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }
}
