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
export type { Informer, InformerEvent } from './informer.ts';
