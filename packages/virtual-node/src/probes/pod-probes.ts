import type { Pod } from '@ebb/api';
import { type Clock, type Logger, RestartBackoff, messageOf } from '@ebb/base';
import type { ContainerGroup, Eci, GroupContainer } from '../eci/eci.ts';
import { type ProbePlan, hasOwnProbes, planProbes } from '../pods/probe-plan.ts';
import type { PodEvent } from '../pods/pod-event.ts';
import { backOffEvent } from '../pods/transitions.ts';
import { partContainers } from '../pods/sidecars.ts';
import { type Verdict, probeContainer } from './probe-container.ts';

interface ProbesOptions {
  readonly eci: Pick<Eci, 'restart'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The verdict on a container of this pod changed. */
  readonly onChange: (uid: string) => void;
  readonly onEvent: (pod: Pod, event: PodEvent) => void;
}

interface Watch {
  /** Which run of which group is watched; another one starts from the beginning. */
  readonly run: string;
  readonly abort: AbortController;
  verdict: Verdict;
  /** Whether ECI last said that the container is ready. */
  readyInGroup: boolean;
}

const nothingYet: Verdict = { started: false, ready: false };

/** The probes that ECI cannot make (serverless-node.md, section 2.2), made by the node: from here to the pod's address. */
export class PodProbes {
  readonly #options: ProbesOptions;
  /** By UID and container. */
  readonly #watches = new Map<string, Map<string, Watch>>();
  /** By UID and container: what restarts often is restarted later and later. */
  readonly #backoffs = new Map<string, Map<string, RestartBackoff>>();
  /** Why pods that restart nothing have failed, by UID. */
  readonly #failures = new Map<string, string>();

  constructor(options: ProbesOptions) {
    this.#options = options;
  }

  /** Watches those containers of a pod that run, as its group tells, and has them probed. */
  update(pod: Pod, group: ContainerGroup): void {
    const uid = pod.metadata.uid ?? '';
    for (const container of partContainers(pod.spec).together) {
      const plan = planProbes(container);
      if (!hasOwnProbes(plan)) continue;
      const found = group.containers?.find(({ name }) => name === container.name);
      const run = group.status === 'Running' ? runOf(group, found) : undefined;
      const before = this.#watches.get(uid)?.get(container.name);
      if (before && before.run === run) before.readyInGroup = found?.ready ?? false;
      else {
        this.#end(uid, container.name);
        if (run !== undefined && found) this.#begin({ pod, group, plan, found, run });
      }
    }
  }

  /** What is known of a container; undefined if the node probes nothing of it. */
  verdict({ metadata, spec }: Pod, name: string): Verdict | undefined {
    const container = partContainers(spec).together.find((each) => each.name === name);
    if (!container || !hasOwnProbes(planProbes(container))) return undefined;
    return this.#watches.get(metadata.uid ?? '')?.get(name)?.verdict ?? nothingYet;
  }

  /** Which probe failed of a pod that restarts nothing; undefined if none has. */
  failure({ metadata }: Pod): string | undefined {
    return this.#failures.get(metadata.uid ?? '');
  }

  /** Probes this pod no more. */
  forget(uid: string): void {
    for (const name of this.#watches.get(uid)?.keys() ?? []) this.#end(uid, name);
    this.#backoffs.delete(uid);
    this.#failures.delete(uid);
  }

  /** Probes nothing any more. */
  stop(): void {
    for (const uid of this.#watches.keys()) this.forget(uid);
  }

  #end(uid: string, name: string): void {
    const watches = this.#watches.get(uid);
    watches?.get(name)?.abort.abort();
    watches?.delete(name);
    if (watches?.size === 0) this.#watches.delete(uid);
  }

  #begin({ pod, group, plan, found, run }: Beginning): void {
    const { clock, logger, onChange, onEvent } = this.#options;
    const beganAtMs = clock.now();
    const { uid = '' } = pod.metadata;
    const { name = '' } = found;
    const verdict = toldBefore(pod, found);
    const watch: Watch = { run, abort: new AbortController(), verdict, readyInGroup: found.ready ?? false };
    const watches = this.#watches.get(uid) ?? new Map<string, Watch>();
    this.#watches.set(uid, watches.set(name, watch));
    probeContainer(
      {
        plan,
        known: verdict,
        host: group.intranetIp ?? '',
        portOf: (declared) => realPort(pod, found, declared),
        readyInGroup: () => watch.readyInGroup,
        onVerdict: (verdict) => {
          watch.verdict = verdict;
          onChange(uid);
        },
        onEvent: (event) => onEvent(pod, event),
        restart:
          pod.spec.restartPolicy === 'Never'
            ? undefined
            : () => this.#restart({ pod, group, name, beganAtMs }, watch.abort.signal),
        onFailed: (message) => {
          this.#failures.set(uid, message);
          onChange(uid);
        },
        containerName: name,
        clock,
      },
      watch.abort.signal,
    ).catch((error: unknown) =>
      logger.warn({ pod: pod.metadata.name, container: name, error: messageOf(error) }, 'probing ended'),
    );
  }

  /** ECI restarts no single container: all of the group, and as often as a kubelet would this one. Until that succeeds, or is aborted. */
  async #restart({ pod, group, name, beganAtMs }: Restarting, signal: AbortSignal): Promise<void> {
    const { clock, eci, logger, onEvent } = this.#options;
    const backoff = this.#backoffOf(pod.metadata.uid ?? '', name);
    while (!signal.aborted) {
      const waitMs = backoff.next(clock.now() - beganAtMs);
      if (waitMs > 0) onEvent(pod, backOffEvent(pod, name));
      try {
        await clock.sleep(waitMs, { signal });
        await eci.restart(group.containerGroupId ?? '');
        return;
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ pod: pod.metadata.name, container: name, error: messageOf(error) }, 'a group was not restarted');
      }
    }
  }

  #backoffOf(uid: string, name: string): RestartBackoff {
    const ofPod = this.#backoffs.get(uid) ?? new Map<string, RestartBackoff>();
    this.#backoffs.set(uid, ofPod);
    const backoff = ofPod.get(name) ?? new RestartBackoff();
    ofPod.set(name, backoff);
    return backoff;
  }
}

interface Restarting {
  readonly pod: Pod;
  readonly group: ContainerGroup;
  readonly name: string;
  /** When this run was first watched. */
  readonly beganAtMs: number;
}

interface Beginning {
  readonly pod: Pod;
  readonly group: ContainerGroup;
  readonly plan: ProbePlan;
  readonly found: GroupContainer;
  readonly run: string;
}

/** What the pod's status says of this very run: a node that starts anew takes nothing back before it knows better. */
function toldBefore({ status }: Pod, { name, restartCount = 0 }: GroupContainer): Verdict {
  const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  const told = all.find((each) => each.name === name);
  const isSameRun = told?.state?.running !== undefined && told.restartCount === restartCount;
  return isSameRun && told.started ? { started: true, ready: told.ready } : nothingYet;
}

/** Undefined if the container does not run. */
function runOf({ containerGroupId = '' }: ContainerGroup, container: GroupContainer | undefined): string | undefined {
  const { currentState, restartCount = 0 } = container ?? {};
  return currentState?.state === 'Running'
    ? `${containerGroupId} ${restartCount} ${currentState.startTime ?? ''}`
    : undefined;
}

/** The port the runtime gave for a declared one, where it could not give that. */
function realPort({ spec }: Pod, { name, ports = [] }: GroupContainer, declared: number): number {
  const asked = partContainers(spec).together.find((each) => each.name === name)?.ports ?? [];
  const index = asked.findIndex(({ containerPort }) => containerPort === declared);
  return ports[index]?.port ?? declared;
}
