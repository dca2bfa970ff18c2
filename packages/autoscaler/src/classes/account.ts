import type { Carried, Observation } from '../decide.ts';
import type { DeciderSpec } from '../resolve.ts';

/** What a decision of the KPA stood on. */
export interface KpaAccount {
  readonly class: 'kpa';
  readonly atMs: number;
  readonly spec: DeciderSpec;
  readonly observed: Observation;
  readonly carried: Carried;
}

/** What a decision of the class `precise` depends on but the requests. */
export interface PreciseSpec {
  /** Requests a pod takes at a time. */
  readonly perPod: number;
  /** For how long the largest want is kept. */
  readonly keepSeconds: number;
}

/** What a decision stood on. */
export interface PreciseAccount {
  readonly class: 'precise';
  readonly spec: PreciseSpec;
  readonly observed: { readonly present: number };
  /** The largest want of late; `null`: none. */
  readonly carried: number | null;
}

/** What a decision of the class `hpa` depends on but the usage. */
export interface HpaSpec {
  /** Percent of the CPU that pods request, to aim at; 0: CPU does not count. */
  readonly cpuPercent: number;
  /** Cores that one pod requests. */
  readonly cpuRequest: number;
  /** Memory per pod to aim at, in MiB; 0: memory does not count. */
  readonly memoryMebibytes: number;
  /** For how long the largest want is kept on the way down. */
  readonly stabilizationSeconds: number;
}

/** What a decision stood on. */
export interface HpaAccount {
  readonly class: 'hpa';
  readonly spec: HpaSpec;
  readonly observed: {
    readonly ready: number;
    /** `null`: not known to Ebb; then goes what the scale subresource says. */
    readonly usage: Usage | null;
    /** What the scale subresource says; `null`: nothing. */
    readonly scale?: number | null;
  };
  /** The largest want of late; `null`: none. */
  readonly carried: number | null;
}

/** What the pods of a revision use, as their nodes measure it. */
export interface Usage {
  /** Pods that were measured. */
  readonly pods: number;
  /** Sum over them. */
  readonly cpuCores: number;
  readonly memoryBytes: number;
}

/** The grounds of a decision, by class. Plain data: it survives JSON. */
export type ClassAccount = KpaAccount | HpaAccount | PreciseAccount;
