import { type Pod, keys } from '@ebb/api';
import type { PodKind } from './replica-control.ts';
import { type Stage, isPodReady, stageOf } from './replica.ts';

interface Member {
  readonly pod: Pod;
  readonly kind: PodKind;
  stage: Stage;
  readonly ready: boolean;
}

interface Tally {
  active: number;
  ready: number;
}

const none: readonly Pod[] = [];

const emptyTally = (): Record<PodKind, Tally> => ({
  standard: { active: 0, ready: 0 },
  spot: { active: 0, ready: 0 },
  reserve: { active: 0, ready: 0 },
});

/**
 * The pods of one revision, counted as they come and go: an event about one of thousands costs as much as about one of two.
 * By name: a pod that was replaced by another of its name is gone.
 */
export class Roster {
  readonly #members = new Map<string, Member>();
  readonly #tally = emptyTally();
  readonly #ended = new Set<string>();
  readonly #draining = new Set<string>();
  readonly #onNode = new Map<string, number>();
  /** Pods (by uid) that were asked to drain or to go, and are not seen doing so yet. */
  readonly #asked = new Map<string, Stage>();

  get size(): number {
    return this.#members.size;
  }

  /** Pods of a kind that stay, ready or not. */
  active(kind: PodKind): number {
    return this.#tally[kind].active;
  }

  /** Pods of a kind that stay and are ready. */
  ready(kind: PodKind): number {
    return this.#tally[kind].ready;
  }

  /** Pods bound to a node, at any stage. */
  countOn(node: string): number {
    return this.#onNode.get(node) ?? 0;
  }

  /** Takes in a pod as it is now. True if there was none of its name. */
  set(pod: Pod): boolean {
    const { name = '', uid = '' } = pod.metadata;
    const isNew = !this.#drop(name);
    const seen = stageOf(pod);
    if (this.#asked.get(uid) === 'draining' && seen === 'draining') this.#asked.delete(uid);
    const stage = this.#asked.get(uid) ?? seen;
    const member = { pod, kind: kindOf(pod), stage, ready: isPodReady(pod) };
    this.#members.set(name, member);
    this.#onNode.set(nodeOf(pod), this.countOn(nodeOf(pod)) + 1);
    this.#count(name, member, 1);
    return isNew;
  }

  /** True if there was a pod of its name. */
  delete({ metadata: { name = '', uid = '' } }: Pod): boolean {
    this.#asked.delete(uid);
    return this.#drop(name);
  }

  /** What a pod was asked for and has not been seen at. */
  askedFor(uid: string): Stage | undefined {
    return this.#asked.get(uid);
  }

  /** True if it is one of the pods that stay. */
  isActive({ metadata: { name = '', uid } }: Pod): boolean {
    const member = this.#members.get(name);
    return member?.stage === 'active' && member.pod.metadata.uid === uid;
  }

  /** Counts a pod as being at `stage` though it is not seen there yet; `undefined`: as it is seen. */
  ask({ metadata: { name = '', uid = '' } }: Pod, stage: Stage | undefined): void {
    if (stage) this.#asked.set(uid, stage);
    else this.#asked.delete(uid);
    const member = this.#members.get(name);
    if (!member || member.pod.metadata.uid !== uid) return;
    this.#count(name, member, -1);
    member.stage = stage ?? stageOf(member.pod);
    this.#count(name, member, 1);
  }

  /** Pods that failed or ended. */
  ended(): readonly Pod[] {
    return this.#podsOf(this.#ended);
  }

  draining(): readonly Pod[] {
    return this.#podsOf(this.#draining);
  }

  /** Pods that stay, of some kinds. Cost is that of all pods. */
  listActive(...kinds: readonly PodKind[]): readonly Pod[] {
    const found: Pod[] = [];
    for (const { pod, kind, stage } of this.#members.values()) {
      if (stage === 'active' && kinds.includes(kind)) found.push(pod);
    }
    return found;
  }

  #podsOf(names: ReadonlySet<string>): readonly Pod[] {
    if (names.size === 0) return none;
    return [...names].flatMap((name) => this.#members.get(name)?.pod ?? []);
  }

  #drop(name: string): boolean {
    const member = this.#members.get(name);
    if (!member) return false;
    this.#count(name, member, -1);
    this.#members.delete(name);
    const node = nodeOf(member.pod);
    this.#onNode.set(node, this.countOn(node) - 1);
    return true;
  }

  #count(name: string, { stage, kind, ready }: Member, by: 1 | -1): void {
    if (stage === 'active') {
      this.#tally[kind].active += by;
      if (ready) this.#tally[kind].ready += by;
    }
    const group = stage === 'ended' ? this.#ended : stage === 'draining' ? this.#draining : undefined;
    if (by === 1) group?.add(name);
    else group?.delete(name);
  }
}

/** The kind a pod was made as; one that somebody else made is a standard one. */
export function kindOf({ metadata }: Pod): PodKind {
  const kind = metadata.labels?.[keys.podKind];
  return kind === 'spot' || kind === 'reserve' ? kind : 'standard';
}

const nodeOf = ({ spec }: Pod): string => spec.nodeName ?? '';
