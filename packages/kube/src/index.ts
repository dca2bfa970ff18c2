export type {
  CallOptions,
  DeleteOptions,
  KubeClient,
  ListOptions,
  ObjectKey,
  Patch,
  WatchOptions,
  WriteOptions,
} from './client.ts';
export { type KubeClientOptions, createKubeClient } from './kube-client.ts';
export type { KubeconfigSource } from './credentials.ts';
export type { Informer, InformerEvent } from './informer.ts';
