import type { KeyPair } from './orders.ts';
import { type Listening, type NodeProxy, missingPrograms, startNodeProxy } from './processes.ts';
import {
  type Backend,
  startBackend,
  manyHosts,
  startHaproxy,
  startNginx,
  untilAnswers,
  writeCertificate,
} from './servers.ts';
import { type World, createWorld } from './world.ts';

export type ProxyName = 'ebb' | 'nginx' | 'haproxy' | 'byte relay' | 'undici' | 'http-proxy';

/** In the order of the tables. */
export const proxyNames: readonly ProxyName[] = ['ebb', 'nginx', 'haproxy', 'byte relay', 'undici', 'http-proxy'];

/** All that runs during the measurement: the backend, and each proxy as one process. */
export class Field implements AsyncDisposable {
  readonly proxies: Map<ProxyName, Listening> = new Map();
  /** Has Ebb's process profile itself from now on, and write this file when it ends. */
  profileEbb: NodeProxy['profile'] = () => Promise.reject(new Error('Ebb has not been started'));
  readonly #folder: string;
  readonly #opened: AsyncDisposable[] = [];
  #world: World | undefined;

  /** `folder` is for configurations; whoever made it deletes it. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Starts the backend and these proxies; its port. One whose program is missing is left out, with a word. */
  async start(wanted: readonly ProxyName[]): Promise<number> {
    const backend = this.#keep(await startBackend(this.#folder));
    await untilAnswers(backend.port);
    const certificate = await writeCertificate(this.#folder);
    for (const name of wanted) {
      if (name === 'haproxy' && missingPrograms(['haproxy']).length > 0) {
        console.log('haproxy is left out: it is not installed (apt-get install haproxy)');
        continue;
      }
      const proxy = this.#keep(await this.#startProxy(name, backend, certificate));
      await untilAnswers(proxy.port);
      this.proxies.set(name, proxy);
    }
    return backend.port;
  }

  /** Has Ebb serve ten thousand hosts more, as the others do from the start. */
  async addManyHosts(): Promise<void> {
    const ebb = this.proxies.get('ebb');
    await this.#world?.addManyHosts();
    this.#world = undefined;
    if (ebb) await untilAnswers(ebb.port, { host: manyHosts.at(-1) ?? '' });
  }

  async #startProxy(name: ProxyName, backend: Backend, certificate: KeyPair): Promise<Listening> {
    if (name === 'nginx') return startNginx(this.#folder, backend);
    if (name === 'haproxy') return startHaproxy(this.#folder, backend);
    const order = { kind: name, backendPort: backend.port };
    if (name !== 'ebb') return startNodeProxy(order);
    this.#world = this.#keep(await createWorld(backend));
    const { kubeconfig } = this.#world;
    const ebb = await startNodeProxy({ ...order, ebb: { kubeconfig, certificate } });
    this.profileEbb = ebb.profile;
    return ebb;
  }

  #keep<T extends AsyncDisposable>(opened: T): T {
    this.#opened.push(opened);
    return opened;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of this.#opened.toReversed()) await each[Symbol.asyncDispose]();
  }
}
