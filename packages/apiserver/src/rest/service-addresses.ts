import { type KubernetesObject, StatusError } from '@ebb/api';
import { invalidObject } from '../schema/field-error.ts';
import { type JsonObject, objectOf, objectsOf, stringOf } from '../schema/json.ts';
import type { Storage } from '../store/storage.ts';
import type { StoredObject } from '../store/stored-object.ts';

const services = 'services';
/** `10.96.0.0/16`, of which the first address is left to a Service for the API itself. */
const network = '10.96';
const addresses = { first: 2, last: 65_534 };
const nodePorts = { first: 30_000, last: 32_767 };

/**
 * Who has which cluster IP and node port. Nothing routes to either here; Services have them so that what reads Services
 * finds what it finds on a cluster.
 */
export class ServiceAddresses implements Disposable {
  readonly #owners = new Map<string, string>();
  readonly #subscription: Disposable;
  #nextAddress = addresses.first;
  #nextPort = nodePorts.first;

  constructor(storage: Storage) {
    for (const stored of storage.table(services).list())
      for (const each of taken(stored.object)) this.#owners.set(each, keyOf(stored.object));
    this.#subscription = storage.subscribe(({ resource, type, previous, current }) => {
      if (resource === services) this.#release(previous, type === 'DELETED' ? undefined : current);
    });
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
  }

  /**
   * Gives a Service about to be stored, in place, the addresses that its type has and it lacks. Throws `Invalid` if it asks
   * for one that it cannot have. A dry run takes none for good.
   */
  assign(service: KubernetesObject, { dryRun }: { readonly dryRun: boolean }): void {
    const spec = objectOf((service as { spec?: unknown }).spec);
    if (spec['type'] === 'ExternalName') return;
    const key = keyOf(service);
    if (!spec['clusterIP']) {
      spec['clusterIP'] = this.#freeAddress();
      spec['clusterIPs'] = [spec['clusterIP']];
    }
    const asked = taken(service);
    this.#require(service, key, asked);
    const had = new Set(asked.filter((each) => this.#owners.has(each)));
    for (const each of asked) this.#owners.set(each, key);
    if (spec['type'] !== 'ClusterIP')
      for (const port of objectsOf(spec['ports'])) if (!port['nodePort']) port['nodePort'] = this.#freePort(key);
    if (dryRun) for (const each of taken(service)) if (!had.has(each)) this.#owners.delete(each);
  }

  #require(service: KubernetesObject, key: string, asked: readonly string[]): void {
    const { clusterIP } = objectOf((service as { spec?: unknown }).spec);
    const ip = stringOf(clusterIP);
    const isOurs = ip === 'None' || ip.startsWith(`${network}.`);
    const owner = asked.map((each) => this.#owners.get(each)).find((each) => each !== undefined && each !== key);
    if (isOurs && owner === undefined) return;
    const problem = isOurs
      ? 'provided IP is already allocated'
      : 'the provided network does not match the current range';
    throw invalidObject({ group: '', kind: 'Service' }, service.metadata.name ?? '', [
      {
        field: 'spec.clusterIPs',
        reason: 'FieldValueInvalid',
        message: `Invalid value: []string{${JSON.stringify(ip)}}: failed to allocate IP ${ip}: ${problem}`,
      },
    ]);
  }

  #freeAddress(): string {
    for (let tried = addresses.first; tried <= addresses.last; tried++) {
      const number = this.#nextAddress;
      this.#nextAddress = number === addresses.last ? addresses.first : number + 1;
      const address = `${network}.${number >> 8}.${number & 255}`;
      if (!this.#owners.has(address)) return address;
    }
    throw new StatusError('InternalError', 'Internal error occurred: failed to allocate a serviceIP: range is full');
  }

  #freePort(key: string): number {
    for (let tried = nodePorts.first; tried <= nodePorts.last; tried++) {
      const port = this.#nextPort;
      this.#nextPort = port === nodePorts.last ? nodePorts.first : port + 1;
      if (this.#owners.has(portKey(port))) continue;
      this.#owners.set(portKey(port), key);
      return port;
    }
    throw new StatusError('InternalError', 'Internal error occurred: failed to allocate a nodePort: range is full');
  }

  #release(previous: StoredObject | undefined, current: StoredObject | undefined): void {
    if (!previous) return;
    const kept = new Set(current ? taken(current.object) : []);
    for (const each of taken(previous.object))
      if (!kept.has(each) && this.#owners.get(each) === keyOf(previous.object)) this.#owners.delete(each);
  }
}

const keyOf = ({ metadata }: KubernetesObject): string => `${metadata.namespace ?? ''}/${metadata.name ?? ''}`;
const portKey = (port: number): string => `:${port}`;

/** The addresses and node ports of a Service. */
function taken(service: KubernetesObject): string[] {
  const spec: JsonObject = objectOf((service as { spec?: unknown }).spec);
  const ip = stringOf(spec['clusterIP']);
  const ports = objectsOf(spec['ports']).flatMap(({ nodePort }) =>
    typeof nodePort === 'number' && nodePort > 0 ? [portKey(nodePort)] : [],
  );
  return [...new Set([...(ip === '' || ip === 'None' ? [] : [ip]), ...ports])];
}
