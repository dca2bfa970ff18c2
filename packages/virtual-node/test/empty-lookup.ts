import type { Lookup } from '../src/pods/lookup.ts';

/** Refers to nothing. */
export const emptyLookup: Lookup = {
  configMap: () => undefined,
  secret: () => undefined,
  mountSecret: () => undefined,
  claim: () => undefined,
  persistentVolume: () => undefined,
  token: () => undefined,
  claimsAreLocal: false,
  serviceVariables: [],
  pullSecrets: [],
};
