import type { PodAutoscaler } from '../autoscaling.ts';
import { hpaClass, kpaClass } from '../autoscaler/class-names.ts';
import { scalingKeys } from '../autoscaler/annotations.ts';
import type { Ingress, IngressPath, IngressRule } from '../networking.ts';
import type {
  Configuration,
  DomainMapping,
  Revision,
  RevisionTemplate,
  Route,
  Service,
  TrafficTarget,
} from '../serving.ts';
import { type DefaultsContext, defaultRevisionSpec } from './revision-spec.ts';

/** A Service with its defaults (serving-api.md, section 6); `old` is the one it replaces. */
export function defaultService(service: Service, context: DefaultsContext, old?: Service): Service {
  const { template, traffic = [] } = service.spec;
  const targets = traffic.length === 0 ? [{ latestRevision: true, percent: 100 }] : traffic.map(defaultTraffic);
  return {
    ...service,
    spec: {
      ...service.spec,
      template: defaultTemplate(template, { context, parent: service.metadata, old: old?.spec.template }),
      traffic: targets,
    },
  };
}

/** A Configuration with its defaults; `old` is the one it replaces. */
export function defaultConfiguration(
  configuration: Configuration,
  context: DefaultsContext,
  old?: Configuration,
): Configuration {
  const { metadata, spec } = configuration;
  const template = defaultTemplate(spec.template, { context, parent: metadata, old: old?.spec.template });
  return { ...configuration, spec: { ...spec, template } };
}

/** A Revision with its defaults. One that exists stays as it is, for its spec may not change. */
export function defaultRevision(revision: Revision, context: DefaultsContext): Revision {
  if (!context.isCreate) return revision;
  return { ...revision, spec: defaultRevisionSpec(revision.spec, context, revision.metadata) };
}

/** A Route with its defaults. No traffic stays no traffic, which validation then refuses. */
export function defaultRoute(route: Route): Route {
  const { traffic } = route.spec;
  return traffic ? { ...route, spec: { ...route.spec, traffic: traffic.map(defaultTraffic) } } : route;
}

/** A DomainMapping whose reference is in its own namespace unless it says otherwise (serving-api.md, section 10). */
export function defaultDomainMapping(mapping: DomainMapping): DomainMapping {
  const { metadata, spec } = mapping;
  const { namespace = '' } = metadata;
  if (spec.ref.namespace || namespace === '') return mapping;
  return { ...mapping, spec: { ...spec, ref: { ...spec.ref, namespace } } };
}

/** A PodAutoscaler with its class and metric (serving-api.md, section 10). */
export function defaultPodAutoscaler(autoscaler: PodAutoscaler, { config }: DefaultsContext): PodAutoscaler {
  const own = autoscaler.metadata.annotations ?? {};
  const [classKey] = scalingKeys.class;
  const [metricKey] = scalingKeys.metric;
  const scalingClass = own[classKey] || config.autoscaler.podAutoscalerClass;
  const metric = own[metricKey] || defaultMetric(scalingClass);
  const annotations = { ...own, [classKey]: scalingClass, ...(metric ? { [metricKey]: metric } : {}) };
  return { ...autoscaler, metadata: { ...autoscaler.metadata, annotations } };
}

/** An Ingress with visibility and percents (data-path.md, section 3.1). */
export function defaultIngress(ingress: Ingress): Ingress {
  const { rules } = ingress.spec;
  return rules ? { ...ingress, spec: { ...ingress.spec, rules: rules.map(defaultRule) } } : ingress;
}

interface TemplateContext {
  readonly context: DefaultsContext;
  readonly parent: Service['metadata'];
  readonly old: RevisionTemplate | undefined;
}

function defaultTemplate(template: RevisionTemplate, { context, parent, old }: TemplateContext): RevisionTemplate {
  // A Revision named by its user must not seem changed because defaults did.
  const name = template.metadata?.name;
  if (name && old?.metadata?.name === name) return template;
  return { ...template, spec: defaultRevisionSpec(template.spec, context, parent) };
}

function defaultTraffic(target: TrafficTarget): TrafficTarget {
  return { ...target, latestRevision: target.latestRevision ?? !target.revisionName, percent: target.percent ?? 0 };
}

function defaultMetric(scalingClass: string): string | undefined {
  if (scalingClass === kpaClass) return 'concurrency';
  return scalingClass === hpaClass ? 'cpu' : undefined;
}

function defaultRule(rule: IngressRule): IngressRule {
  return {
    ...rule,
    visibility: rule.visibility || 'ExternalIP',
    ...(rule.http && { http: { ...rule.http, paths: rule.http.paths.map(defaultPath) } }),
  };
}

function defaultPath(path: IngressPath): IngressPath {
  const [only] = path.splits;
  return path.splits.length === 1 && only && !only.percent ? { ...path, splits: [{ ...only, percent: 100 }] } : path;
}
