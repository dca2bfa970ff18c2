import type { DomainMapping } from '@ebb/api';

/** By domain, over all namespaces, and by what is referred to, as indexes of the informer. */
export const domainMappingIndexes = {
  domain: ({ metadata }: DomainMapping): readonly string[] => [metadata.name ?? ''],
  reference: ({ metadata, spec }: DomainMapping): readonly string[] => [
    `${metadata.namespace}/${spec.ref.kind}/${spec.ref.name}`,
  ],
} as const;
