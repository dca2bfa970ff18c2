import { type KubeClient, isNotFound, resources, systemNamespace } from '@ebb/api';
import type { InstanceUsage } from './instance-usage.ts';

/** The ConfigMaps are a ring: when one is full the next is begun anew, and of what was in it only what lasts is kept. */
const mapCount = 16;
const perMap = 1000;
const dataKey = 'usage.json';
const nameOf = (index: number): string => `ebb-usage-${index}`;

/**
 * What instances a cluster's virtual nodes have had, oldest first, as far back as is written down: of each group once. Rejects if the
 * ConfigMaps cannot be read.
 */
export async function readUsage(client: Pick<KubeClient, 'get'>): Promise<InstanceUsage[]> {
  const known = new Map<string, InstanceUsage>();
  for (const usage of (await readAll(client)).flat()) {
    // One that was moved may stand in its old place, too, for a moment.
    if (known.get(usage.groupId)?.untilMs === undefined) known.set(usage.groupId, usage);
  }
  return [...known.values()].toSorted((a, b) => a.fromMs - b.fromMs);
}

/** Keeps usage by group in the ConfigMaps `ebb-usage-0` to `-15` of the system's namespace: the newest 15,000 or so. */
export class UsageMaps {
  readonly #client: Pick<KubeClient, 'get' | 'patch' | 'create'>;
  readonly #maps: Map<string, InstanceUsage>[] = Array.from({ length: mapCount }, () => new Map());
  /** In which map a group is. */
  readonly #places = new Map<string, number>();
  readonly #unwritten = new Set<number>();
  #current = 0;

  constructor(client: Pick<KubeClient, 'get' | 'patch' | 'create'>) {
    this.#client = client;
  }

  /** Takes in what is written down; returns what of it still lasts. To be called first; rejects if it cannot be read. */
  async load(): Promise<InstanceUsage[]> {
    const all = await readAll(this.#client);
    let newestMs = Number.NEGATIVE_INFINITY;
    for (const [index, usages] of all.entries()) {
      for (const usage of usages) {
        this.#put(usage, index);
        if (usage.fromMs <= newestMs) continue;
        newestMs = usage.fromMs;
        this.#current = index;
      }
    }
    return all.flat().filter(({ untilMs }) => untilMs === undefined);
  }

  /** To be written down with the next `flush`; takes the place of what was noted of the group before. */
  note(usage: InstanceUsage): void {
    const index = this.#places.get(usage.groupId) ?? this.#withRoom();
    this.#put(usage, index);
    this.#unwritten.add(index);
  }

  /** Writes down what is new. Rejects if that fails, and will write it the next time. */
  async flush(): Promise<void> {
    for (const index of this.#unwritten) {
      this.#unwritten.delete(index);
      try {
        await this.#write(index);
      } catch (error) {
        this.#unwritten.add(index);
        throw error;
      }
    }
  }

  #put(usage: InstanceUsage, index: number): void {
    this.#places.set(usage.groupId, index);
    this.#maps[index]?.set(usage.groupId, usage);
  }

  #withRoom(): number {
    if ((this.#maps[this.#current]?.size ?? 0) < perMap) return this.#current;
    this.#current = (this.#current + 1) % mapCount;
    const old = this.#maps[this.#current] ?? new Map<string, InstanceUsage>();
    // Where more last than there is room for, the oldest are given up.
    const lasting = [...old.values()].filter(({ untilMs }) => untilMs === undefined).slice(-perMap / 2);
    for (const id of old.keys()) this.#places.delete(id);
    old.clear();
    for (const usage of lasting) this.#put(usage, this.#current);
    return this.#current;
  }

  async #write(index: number): Promise<void> {
    const name = nameOf(index);
    const metadata = { name, namespace: systemNamespace };
    const data = { [dataKey]: JSON.stringify([...(this.#maps[index]?.values() ?? [])]) };
    try {
      await this.#client.patch(resources.configMaps, metadata, { type: 'merge', body: { data } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      await this.#client.create(resources.configMaps, { metadata, data });
    }
  }
}

function readAll(client: Pick<KubeClient, 'get'>): Promise<InstanceUsage[][]> {
  return Promise.all(Array.from({ length: mapCount }, (_, index) => readMap(client, nameOf(index))));
}

async function readMap(client: Pick<KubeClient, 'get'>, name: string): Promise<InstanceUsage[]> {
  try {
    const { data } = await client.get(resources.configMaps, { namespace: systemNamespace, name });
    return JSON.parse(data?.[dataKey] ?? '[]') as InstanceUsage[];
  } catch (error) {
    if (isNotFound(error)) return [];
    if (!(error instanceof SyntaxError)) throw error;
    throw new Error(`ConfigMap ${systemNamespace}/${name} is no usage that was written here: delete it`, {
      cause: error,
    });
  }
}
