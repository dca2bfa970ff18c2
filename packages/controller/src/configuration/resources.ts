import { type Configuration, type Revision, childName, keys, resources } from '@ebb/api';
import { ownerReferenceOf, toTimestamp } from '@ebb/kube';
import { only } from '../metadata.ts';

/** The name of a Configuration's Revision for its present generation: its own, or one that counts up. */
export function revisionNameOf({ metadata, spec }: Configuration): string {
  const { name = '', generation = 0 } = metadata;
  return spec.template.metadata?.name ?? childName(name, `-${String(generation).padStart(5, '0')}`);
}

/**
 * The Revision of a Configuration's present generation (serving-api.md, section 15). It starts `active` if a Route refers
 * to the Configuration already, so that nothing scales it away before traffic gets to it.
 */
export function makeRevision(configuration: Configuration, now: number): Revision {
  const { name = '', namespace = '', uid = '', generation = 0, labels, annotations } = configuration.metadata;
  const { template } = configuration.spec;
  const routes = annotations?.[keys.routes];
  const creator = annotations?.[keys.lastModifier];
  return {
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Revision',
    metadata: {
      name: revisionNameOf(configuration),
      namespace,
      labels: {
        ...template.metadata?.labels,
        ...only(labels, [keys.service, keys.serviceUID]),
        [keys.configuration]: name,
        [keys.configurationUID]: uid,
        [keys.configurationGeneration]: String(generation),
        [keys.routingState]: routes ? 'active' : 'pending',
      },
      annotations: {
        ...template.metadata?.annotations,
        ...(creator === undefined ? {} : { [keys.creator]: creator }),
        ...(routes ? { [keys.routes]: routes } : {}),
        [keys.routingStateModified]: toTimestamp(now),
      },
      ownerReferences: [ownerReferenceOf(configuration, resources.configurations)],
    },
    spec: template.spec,
  };
}
