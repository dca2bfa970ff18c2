import { type KubeClient, type Node, isNotFound, resources } from '@ebb/api';
import { type Clock, type Logger, linkSignals, messageOf } from '@ebb/base';
import { fleetLabel, vSwitchesAnnotation, zoneLabel } from '../node/node-object.ts';
import type { ManagedNode, NodeOptions } from '../virtual-node.ts';
import type { Zones } from './profile-source.ts';

interface MembersOptions {
  readonly client: KubeClient;
  readonly fleet: string;
  readonly nameOf: (zone: string) => string;
  readonly makeNode: (zone: string, state: MemberState) => ManagedNode;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What of a node the fleet decides. */
interface MemberState extends Pick<NodeOptions, 'vSwitchIds' | 'isRetiring' | 'hasAlternative'> {
  /** Beside the port of the first. */
  readonly portOffset: number;
}

interface Member {
  readonly node: ManagedNode;
  readonly stop: AbortController;
  readonly running: Promise<void>;
  readonly portOffset: number;
  readonly wanted: Wanted;
}

/** As the profile has it at the moment. */
interface Wanted {
  vSwitchIds: readonly string[];
  isRetiring: boolean;
  /** Since when it has had no pods while it was to go. */
  emptySinceMs: number | undefined;
}

/** How long a node that is to go is left empty before it goes: somebody may just be binding a pod. */
const emptyForMs = 3_000;
const retryMs = 5_000;

/** The nodes of a process at work, by zone. */
export class Members {
  /** Rejects when one fails. */
  readonly failed: Promise<never>;
  readonly #options: MembersOptions;
  readonly #members = new Map<string, Member>();
  #fail: (error: unknown) => void = () => {};

  constructor(options: MembersOptions) {
    this.#options = options;
    this.failed = new Promise((_resolve, reject) => (this.#fail = reject));
    this.failed.catch(() => {}); // whoever races against it sees it
  }

  get size(): number {
    return this.#members.size;
  }

  /** Resolves when all there are look after their pods. */
  async synced(): Promise<void> {
    await Promise.all([...this.#members.values()].map(({ node }) => node.synced));
  }

  /** Resolves when none works any more. */
  async ended(): Promise<void> {
    await Promise.allSettled([...this.#members.values()].map(({ running }) => running));
  }

  /** Starts the nodes this process had before: their pods are looked after whatever the profile says. */
  async startKnown(signal: AbortSignal): Promise<void> {
    for (const { metadata, spec } of await this.#knownNodes(signal)) {
      const zone = metadata.labels?.[zoneLabel];
      if (zone === undefined || this.#members.has(zone) || metadata.name !== this.#options.nameOf(zone)) continue;
      const vSwitchIds = (metadata.annotations?.[vSwitchesAnnotation] ?? '').split(',').filter((id) => id !== '');
      this.#start(zone, { vSwitchIds, isRetiring: spec?.unschedulable === true, emptySinceMs: undefined }, signal);
    }
  }

  /** Starts nodes in zones that have none; those of other zones are to go. */
  settle(zones: Zones, signal: AbortSignal): void {
    for (const [zone, vSwitchIds] of zones) {
      const member = this.#members.get(zone);
      if (member) this.#change(member, vSwitchIds, false);
      else this.#start(zone, { vSwitchIds, isRetiring: false, emptySinceMs: undefined }, signal);
    }
    for (const [zone, member] of this.#members) {
      if (!zones.has(zone)) this.#change(member, member.wanted.vSwitchIds, true);
    }
  }

  /** Takes away nodes that were to go and have been empty for a while. */
  async retire(): Promise<void> {
    const { client, clock, logger } = this.#options;
    for (const [zone, { node, stop, running, wanted }] of this.#members) {
      wanted.emptySinceMs = wanted.isRetiring && node.podCount === 0 ? (wanted.emptySinceMs ?? clock.now()) : undefined;
      if (wanted.emptySinceMs === undefined || clock.now() - wanted.emptySinceMs < emptyForMs) continue;
      stop.abort(new DOMException('the zone is no longer wanted', 'AbortError'));
      await running;
      this.#members.delete(zone);
      logger.info({ node: node.nodeName }, 'a virtual node goes');
      await client.delete(resources.nodes, { name: node.nodeName }).catch((error: unknown) => {
        if (!isNotFound(error)) logger.warn({ node: node.nodeName, error: messageOf(error) }, 'node not deleted');
      });
    }
  }

  #start(zone: string, wanted: Wanted, signal: AbortSignal): void {
    const portOffset = this.#freeOffset();
    const node = this.#options.makeNode(zone, {
      portOffset,
      vSwitchIds: () => wanted.vSwitchIds,
      isRetiring: () => wanted.isRetiring,
      hasAlternative: () => this.#hasAlternative(zone),
    });
    const stop = new AbortController();
    const link = linkSignals(signal, stop.signal);
    const running = node.run({ signal: link.signal }).finally(() => link[Symbol.dispose]());
    running.catch(this.#fail);
    this.#members.set(zone, { node, stop, running, portOffset, wanted });
    this.#options.logger.info({ node: node.nodeName, zone, vSwitchIds: wanted.vSwitchIds }, 'a virtual node starts');
  }

  #change({ node, wanted }: Member, vSwitchIds: readonly string[], isRetiring: boolean): void {
    if (wanted.isRetiring === isRetiring && wanted.vSwitchIds.join() === vSwitchIds.join()) return;
    Object.assign(wanted, { vSwitchIds, isRetiring, emptySinceMs: undefined });
    node.touch();
    this.#options.logger.info({ node: node.nodeName, vSwitchIds, isRetiring }, 'a virtual node changes');
  }

  #hasAlternative(zone: string): boolean {
    return [...this.#members].some(([other, { node, wanted }]) => other !== zone && !wanted.isRetiring && !node.isOut);
  }

  #freeOffset(): number {
    const taken = new Set([...this.#members.values()].map(({ portOffset }) => portOffset));
    let offset = 0;
    while (taken.has(offset)) offset += 1;
    return offset;
  }

  async #knownNodes(signal: AbortSignal): Promise<readonly Node[]> {
    const { client, clock, fleet, logger } = this.#options;
    const labelSelector = `${fleetLabel}=${fleet.slice(0, 63)}`;
    while (!signal.aborted) {
      try {
        return (await client.list(resources.nodes, { labelSelector, signal })).items;
      } catch (error) {
        if (signal.aborted) break;
        logger.warn({ error: messageOf(error) }, 'the nodes there are cannot be listed');
        await clock.sleep(retryMs, { signal }).catch(() => {}); // aborted: the loop ends
      }
    }
    return [];
  }
}
