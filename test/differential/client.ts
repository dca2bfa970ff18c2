import { Agent, request } from 'undici';

/** Where a server is, and how to be let in. */
export interface Access {
  readonly url: string;
  /** PEM text. */
  readonly ca: string;
  /** Bearer token. */
  readonly token: string;
}

/** Reads the kubeconfig that the cluster of the tests writes: JSON, with everything in it. */
export function accessOf(kubeconfig: string): Access {
  const { clusters, users } = JSON.parse(kubeconfig) as {
    clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
    users: { user: { token: string } }[];
  };
  const [cluster, user] = [clusters[0]?.cluster, users[0]?.user];
  if (!cluster || !user) throw new Error('the kubeconfig names no cluster or no user');
  const ca = Buffer.from(cluster['certificate-authority-data'], 'base64').toString();
  return { url: cluster.server, ca, token: user.token };
}

/** A request as it goes out. */
export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body?: string | Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** An answer as it came. */
export interface Received {
  readonly code: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export interface Client extends AsyncDisposable {
  send(sent: Sent): Promise<Received>;
}

/** A client that keeps answers as they are. */
export function connect({ url, ca, token }: Access): Client {
  const dispatcher = new Agent({ connect: { ca } });
  return {
    async send({ method, path, body, headers }) {
      const answer = await request(url + path, {
        method: method as 'GET',
        dispatcher,
        headers: { 'user-agent': 'differential/1', authorization: `Bearer ${token}`, ...headers },
        ...(body === undefined ? {} : { body }),
      });
      return { code: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
    },
    [Symbol.asyncDispose]: () => dispatcher.destroy(),
  };
}
