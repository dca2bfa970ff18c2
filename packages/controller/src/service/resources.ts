import { type Configuration, type Route, type Service, type TrafficTarget, keys, resources } from '@ebb/api';
import { ownerReferenceOf } from '@ebb/kube';
import { routeFinalizer } from '../labeler/resources.ts';
import { formatNames, parseNames, rolloutSpellings, without } from '../metadata.ts';

/**
 * The Configuration of a Service (serving-api.md, section 14). `live` is the one there is: the Routes it names in its
 * annotation are kept.
 */
export function makeConfiguration(service: Service, live: Configuration | undefined): Configuration {
  const { name = '', namespace = '', uid = '', labels, annotations } = service.metadata;
  const routes = formatNames([...parseNames(live?.metadata.annotations?.[keys.routes]), name]) ?? name;
  return {
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Configuration',
    metadata: {
      name,
      namespace,
      labels: { ...labels, [keys.service]: name, [keys.serviceUID]: uid },
      annotations: { ...without(annotations, [keys.lastApplied, ...rolloutSpellings]), [keys.routes]: routes },
      ownerReferences: [ownerReferenceOf(service, resources.services)],
    },
    spec: { template: service.spec.template },
  };
}

/**
 * The Route of a Service; targets that name no revision follow the Service's own Configuration. It is born with the
 * labeler's finalizer, which saves a write.
 */
export function makeRoute(service: Service): Route {
  const { name = '', namespace = '', labels, annotations } = service.metadata;
  return {
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Route',
    metadata: {
      name,
      namespace,
      labels: { ...labels, [keys.service]: name },
      annotations: without(annotations, [keys.lastApplied]),
      finalizers: [routeFinalizer],
      ownerReferences: [ownerReferenceOf(service, resources.services)],
    },
    spec: { traffic: (service.spec.traffic ?? []).map((target) => makeTarget(target, name)) },
  };
}

function makeTarget(target: TrafficTarget, configurationName: string): TrafficTarget {
  return target.revisionName ? target : { ...target, configurationName };
}
