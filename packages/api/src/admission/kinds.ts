import type { Schema } from '../crd.ts';
import {
  certificateShape,
  configurationShape,
  domainMappingShape,
  ingressShape,
  metricShape,
  podAutoscalerShape,
  revisionShape,
  routeShape,
  serverlessServiceShape,
  serviceShape,
} from '../decode/shapes.ts';
import {
  defaultConfiguration,
  defaultDomainMapping,
  defaultIngress,
  defaultPodAutoscaler,
  defaultRevision,
  defaultRoute,
  defaultService,
} from '../defaults/objects.ts';
import type { DefaultsContext } from '../defaults/revision-spec.ts';
import type { Metric, PodAutoscaler } from '../autoscaling.ts';
import type { FieldError } from '../field-error.ts';
import type { KubernetesObject } from '../meta.ts';
import type { Certificate, Ingress, ServerlessService } from '../networking.ts';
import type { Configuration, DomainMapping, Revision, RevisionSpec, Route, Service } from '../serving.ts';
import type { ValidationContext } from '../validation/context.ts';
import { validateDomainMapping } from '../validation/domain-mapping.ts';
import { validateIngress } from '../validation/ingress.ts';
import { validateCertificate, validateServerlessService } from '../validation/networking-objects.ts';
import { validatePodAutoscaler } from '../validation/pod-autoscaler.ts';
import { validateConfiguration, validateRevision, validateRoute, validateService } from '../validation/objects.ts';

/** What all kinds of admission's have. */
export type WithSpec = KubernetesObject & { readonly spec: unknown };

/** What admission does with a kind. Objects have been decoded by `shape`. */
export interface KindRules<T extends WithSpec> {
  readonly shape: Schema;
  /** Who gets the annotations that tell who made and who changed it. */
  readonly tellsUser: 'always' | 'ownerless' | 'never';
  readonly setDefaults: (object: T, context: DefaultsContext, old?: T) => T;
  readonly validate: (object: T, context: ValidationContext, old?: T) => readonly FieldError[];
  /** Whether a write of the status passes without a look at metadata and spec. Default: false. */
  readonly passesStatus?: boolean;
  /** The template whose pod a dry run tries out. */
  readonly template?: (object: T) => RevisionSpec;
}

/** A visitor: what is done with the rules of a kind, for whatever objects that kind has. */
export interface KindVisitor<R> {
  <T extends WithSpec>(rules: KindRules<T>): R;
}

const service: KindRules<Service> = {
  shape: serviceShape,
  tellsUser: 'always',
  setDefaults: defaultService,
  validate: validateService,
  passesStatus: true,
  template: ({ spec }) => spec.template.spec,
};

const configuration: KindRules<Configuration> = {
  shape: configurationShape,
  tellsUser: 'ownerless',
  setDefaults: defaultConfiguration,
  validate: validateConfiguration,
  passesStatus: true,
  template: ({ spec }) => spec.template.spec,
};

const revision: KindRules<Revision> = {
  shape: revisionShape,
  tellsUser: 'never',
  setDefaults: defaultRevision,
  validate: validateRevision,
};

const route: KindRules<Route> = {
  shape: routeShape,
  tellsUser: 'ownerless',
  setDefaults: defaultRoute,
  validate: (object, _context, old) => validateRoute(object, old),
};

const domainMapping: KindRules<DomainMapping> = {
  shape: domainMappingShape,
  tellsUser: 'always',
  setDefaults: defaultDomainMapping,
  validate: (object, _context, old) => validateDomainMapping(object, old),
};

const podAutoscaler: KindRules<PodAutoscaler> = {
  shape: podAutoscalerShape,
  tellsUser: 'never',
  setDefaults: defaultPodAutoscaler,
  validate: validatePodAutoscaler,
};

const ingress: KindRules<Ingress> = {
  shape: ingressShape,
  tellsUser: 'never',
  setDefaults: defaultIngress,
  validate: validateIngress,
};

const asItIs = <T>(object: T): T => object;

const metric: KindRules<Metric> = {
  shape: metricShape,
  tellsUser: 'never',
  setDefaults: asItIs,
  validate: () => [],
};

const serverlessService: KindRules<ServerlessService> = {
  shape: serverlessServiceShape,
  tellsUser: 'never',
  setDefaults: asItIs,
  validate: validateServerlessService,
};

const certificate: KindRules<Certificate> = {
  shape: certificateShape,
  tellsUser: 'never',
  setDefaults: asItIs,
  validate: validateCertificate,
};

/** Runs `visit` with the rules of a kind; `undefined` for kinds admission does not know. */
export function visitKind<R>(group: string, kind: string, visit: KindVisitor<R>): R | undefined {
  switch (`${group}/${kind}`) {
    case 'serving.knative.dev/Service':
      return visit(service);
    case 'serving.knative.dev/Configuration':
      return visit(configuration);
    case 'serving.knative.dev/Revision':
      return visit(revision);
    case 'serving.knative.dev/Route':
      return visit(route);
    case 'serving.knative.dev/DomainMapping':
      return visit(domainMapping);
    case 'autoscaling.internal.knative.dev/PodAutoscaler':
      return visit(podAutoscaler);
    case 'autoscaling.internal.knative.dev/Metric':
      return visit(metric);
    case 'networking.internal.knative.dev/Ingress':
      return visit(ingress);
    case 'networking.internal.knative.dev/ServerlessService':
      return visit(serverlessService);
    case 'networking.internal.knative.dev/Certificate':
      return visit(certificate);
    default:
      return undefined;
  }
}
