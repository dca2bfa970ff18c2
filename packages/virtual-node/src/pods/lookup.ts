import type { ConfigMap, PersistentVolumeClaim, Secret } from '@ebb/api';
import type { ContainerGroup } from '../eci/eci.ts';
import type { PersistentVolumeSource, SecretRef, TokenProjection } from './volume-sources.ts';

/** What a pod refers to, fetched before its group is made; all in the pod's namespace. Undefined: it is not there. */
export interface Lookup {
  configMap(name: string): ConfigMap | undefined;
  secret(name: string): Secret | undefined;
  /** The Secret a volume is mounted with, which may be of another namespace. */
  mountSecret(ref: SecretRef): Secret | undefined;
  claim(name: string): PersistentVolumeClaim | undefined;
  persistentVolume(name: string): PersistentVolumeSource | undefined;
  token(projection: TokenProjection): string | undefined;
  /** True where the ECI is of this machine, which has no disks to provision: a claim is a folder there. */
  readonly claimsAreLocal: boolean;
  /** By which containers find Services; what they say themselves outranks it. */
  readonly serviceVariables: readonly { readonly key: string; readonly value: string }[];
  /** Names of the Secrets whose registries the pod may pull from. */
  readonly pullSecrets: readonly string[];
}

/** By which tokens asked for alike are one. */
export const tokenKey = ({ audience = '', expirationSeconds = 3600 }: TokenProjection): string =>
  `${expirationSeconds} ${audience}`;

/** The text of a file of a volume, as a group was last described with it. */
export function fileOf({ volumes = [] }: ContainerGroup, volume: string, path: string): string | undefined {
  const files = volumes.find(({ name }) => name === volume)?.configFileVolumeConfigFileToPaths ?? [];
  const content = files.find((file) => file.path === path)?.content;
  return content === undefined ? undefined : Buffer.from(content, 'base64').toString('utf8');
}
