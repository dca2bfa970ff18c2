export type {
  CallOptions,
  DeleteOptions,
  KubeClient,
  ListOptions,
  ObjectKey,
  Patch,
  WatchOptions,
  WriteOptions,
} from '@ebb/api';
export { type KubeClientOptions, type RemoteKubeClient, createKubeClient } from './kube-client.ts';
export { type KubeconfigSource, hasDefaultKubeconfig, namespaceOf } from './load-kubeconfig.ts';
export type { Informer, InformerEvent } from './informer.ts';
export { type InformerOptions, createInformer } from './resource-informer.ts';
export type { Indexer } from './object-store.ts';
export {
  type ReconcileContext,
  type ReconcileResult,
  type Reconciler,
  type ReconcilerOptions,
  TerminalError,
  createReconciler,
} from './reconciler.ts';
export { type Backoff, backoffMs } from './backoff.ts';
export {
  type ConditionManager,
  type ConditionSet,
  conditionOf,
  createConditionManager,
  isFailed,
  isReady,
} from './conditions.ts';
export { toTimestamp } from '@ebb/base';
export { type EventRecorder, type EventRecorderOptions, createEventRecorder } from './events.ts';
export { type LeaseOptions, runWithLease } from './leader-election.ts';
export { type Presence, type PresenceOptions, createPresence } from './presence.ts';
export { type LeaseTiming, parseLeaseTiming } from './lease-timing.ts';
export { controllerOf, deepEqual, ownerReferenceOf, updateStatusIfChanged } from './object-changes.ts';
