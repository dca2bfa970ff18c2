import { setMaxListeners } from 'node:events';
import type { KubeClient } from '@ebb/api';
import { type Clock, type Logger, linkSignals, messageOf } from '@ebb/base';
import { createEventRecorder } from '@ebb/kube';
import { CallGate } from '../eci/call-gate.ts';
import type { EciAccess } from '../eci/access.ts';
import { createEci } from '../eci/eci.ts';
import type { KubeletOptions } from '../kubelet/kubelet-server.ts';
import { UsageBook } from '../usage/usage-book.ts';
import { createNode } from '../virtual-node.ts';
import { Members } from './members.ts';
import { createNamespaceLabels } from './namespace-labels.ts';
import { ProfileSource, type Zones } from './profile-source.ts';

export interface VirtualNodesOptions {
  readonly client: KubeClient;
  readonly eci: EciAccess;
  /** Name of the Node where no profile says otherwise, and of that in `zone`; such as `virtual-kubelet-cn-hangzhou-j`. */
  readonly nodeName: string;
  /** Zone whose vSwitch its pods are put in. */
  readonly zone: string;
  /** Of the first node; the others take the ports that follow, or any free ones where it is 0. */
  readonly kubelet: KubeletOptions;
  /** Keep to ECI's published limits of calls. Default: yes, but for an ECI of this machine. */
  readonly limited?: boolean | undefined;
  /** Write down in ConfigMaps what instances there were, for what they cost. Default: yes, but for an ECI of this machine. */
  readonly keepUsage?: boolean | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
}

/** The virtual nodes of one process. */
export interface VirtualNodes {
  /** Works until aborted; pods and their groups are left as they are. To be called once. */
  run(options: { readonly signal: AbortSignal }): Promise<void>;
  /** Resolves when the Nodes are registered and their pods and groups are known and looked after. */
  readonly synced: Promise<void>;
}

/** How often it is looked whether a node that is to go has become empty. */
const lookMs = 1_000;
/** How long the first nodes wait for the profile. */
const profileWaitMs = 10_000;
/** After the zones could not be asked for. */
const retryMs = 5_000;

/**
 * A Node for each zone named by the profile's vSwitches, or one alone (serverless-node.md, section 1.6). They come and go with the
 * profile: one whose zone is no longer named takes no pods, and goes with its last.
 */
export function createVirtualNodes(options: VirtualNodesOptions): VirtualNodes {
  const { client, clock, logger, random, nodeName } = options;
  const isLocal = isOfThisMachine(options.eci);
  const eci = createEci(options.eci, new CallGate({ clock, random, limited: options.limited ?? !isLocal }));
  const events = createEventRecorder(client, { component: 'ebb-virtual-node', clock, logger });
  const usage = (options.keepUsage ?? !isLocal) ? new UsageBook({ client, clock, logger }) : undefined;
  const source = new ProfileSource({ client, eci, events, clock, logger, random });
  const profile = (): ProfileSource['profile'] => source.profile;
  const namespaceLabels = createNamespaceLabels(client, profile, clock);
  const nameOf = (zone: string): string => (zone === options.zone ? nodeName : `virtual-kubelet-${zone}`);
  const members = new Members({
    client,
    fleet: nodeName,
    nameOf,
    clock,
    logger,
    makeNode: (zone, { portOffset, ...state }) =>
      createNode({
        ...state,
        client,
        eci,
        isLocal,
        usage,
        profile,
        namespaceLabels,
        regionId: options.eci.regionId,
        fleet: nodeName,
        nodeName: nameOf(zone),
        zone,
        kubelet: { ...options.kubelet, port: options.kubelet.port === 0 ? 0 : options.kubelet.port + portOffset },
        clock,
        logger: logger.child({ node: nameOf(zone) }),
        random,
      }),
  });
  const alone: Zones = new Map([[options.zone, vSwitchesOf(options.eci)]]);
  let markSynced = (): void => {};
  const synced = new Promise<void>((resolve) => (markSynced = resolve));

  /** Brings the nodes to what the profile says; false if that could not be learnt. */
  const adopt = async (signal: AbortSignal): Promise<boolean> => {
    let isKnown = true;
    try {
      await source.refresh();
    } catch (error) {
      if (signal.aborted) return true;
      isKnown = false;
      logger.warn({ error: messageOf(error) }, 'the zones of the vSwitches are not known yet');
    }
    const { zones } = source;
    // Better one node than none until the zones can be asked for.
    if (zones) members.settle(zones.size > 0 ? zones : alone, signal);
    else if (members.size === 0) members.settle(alone, signal);
    return isKnown;
  };

  const work = async (signal: AbortSignal): Promise<void> => {
    // A cluster that lets nobody read it has no profile, for all that can be known.
    await Promise.race([source.synced, clock.sleep(profileWaitMs, { signal }).catch(() => {})]); // or aborted
    if (signal.aborted) return;
    let changed = true;
    let wake = (): void => {};
    const subscription = source.subscribe(() => {
      changed = true;
      wake();
    });
    void source.synced.then(() => {
      changed = true;
      wake();
    });
    try {
      await members.startKnown(signal);
      while (!signal.aborted) {
        if (changed) {
          changed = false;
          changed = !(await adopt(signal)) || changed;
          void members.synced().then(markSynced);
        }
        await members.retire();
        using woken = linkSignals(signal);
        wake = () => woken.abort(new DOMException('the profile changed', 'AbortError'));
        await clock.sleep(changed ? retryMs : lookMs, { signal: woken.signal }).catch(() => {}); // woken or aborted
      }
    } finally {
      subscription.unsubscribe();
    }
  };

  const run = async ({ signal }: { readonly signal: AbortSignal }): Promise<void> => {
    // What fails takes the others with it: none goes on unwatched.
    using life = linkSignals(signal);
    setMaxListeners(0, life.signal);
    const following = source.run({ signal: life.signal });
    const noting = usage?.run({ signal: life.signal });
    try {
      await Promise.race([Promise.all([following, noting, work(life.signal)]), members.failed]);
    } finally {
      life.abort(new DOMException('the virtual nodes stop', 'AbortError'));
      eci.close();
      await Promise.allSettled([following, noting, members.ended()]);
    }
  };
  return { run, synced };
}

function vSwitchesOf({ vSwitchId = '' }: EciAccess): readonly string[] {
  return vSwitchId.split(',').flatMap((id) => id.trim() || []);
}

/** True for an ECI of this machine: the cloud's is never on loopback. */
function isOfThisMachine({ endpoint }: EciAccess): boolean {
  return /^(127\.|localhost\b|\[::1\])/.test(endpoint);
}
