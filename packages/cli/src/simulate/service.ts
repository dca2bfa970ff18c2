import {
  type PodAutoscaler,
  type PodSpec,
  type Service,
  alibabaClasses,
  hpaClass,
  parseAutoscalerConfig,
  parseScalingSettings,
  renderFindings,
  validateAutoscalingAnnotations,
} from '@ebb/api';
import { cpuRequestOf } from '@ebb/autoscaler/twin';
import { UserError, messageOf } from '@ebb/base';
import { readManifest } from '../dev/manifests.ts';

/** What of a Service, and of its cluster, a simulation goes by. */
export interface SimulatedService {
  readonly name: string;
  /** Of the revision template. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly containerConcurrency: number;
  readonly timeoutSeconds: number;
  readonly podSpec: PodSpec;
  /** What `config-autoscaler` says. */
  readonly config: Readonly<Record<string, string>>;
}

const defaultTimeoutSeconds = 300;

/** Reads the Service of a manifest. Throws `UserError` unless there is exactly one. */
export async function readService(file: string): Promise<SimulatedService> {
  const objects = await readManifest(file);
  const services = objects.flatMap(({ object }) => (isService(object) ? [object] : []));
  const [service] = services;
  if (!service || services.length > 1) {
    throw new UserError(`${file}: ${services.length} Services of serving.knative.dev in it, must be one`);
  }
  const template = service.spec?.template;
  if (!template?.spec?.containers) throw new UserError(`${file}: the Service has no spec.template.spec.containers`);
  const { containerConcurrency = 0, timeoutSeconds = defaultTimeoutSeconds } = template.spec;
  return {
    name: service.metadata.name ?? '',
    annotations: template.metadata?.annotations ?? {},
    containerConcurrency,
    timeoutSeconds,
    podSpec: template.spec,
    config: {},
  };
}

function isService(object: { readonly apiVersion: string; readonly kind: string }): object is typeof object & Service {
  return object.kind === 'Service' && object.apiVersion.startsWith('serving.knative.dev/');
}

/** The PodAutoscaler of its revision, and the cluster's settings. Throws `UserError` for what admission would refuse. */
export function scalingOf(
  { name, annotations, containerConcurrency, config, podSpec }: SimulatedService,
  { knowsCpu }: { readonly knowsCpu: boolean },
): {
  readonly podAutoscaler: PodAutoscaler;
  readonly autoscaler: ReturnType<typeof parseAutoscalerConfig>;
} {
  const autoscaler = parsed(config);
  const findings = validateAutoscalingAnnotations(annotations, autoscaler);
  if (findings.length > 0) throw new UserError(renderFindings(findings));
  const { class: className, metric } = parseScalingSettings(annotations, autoscaler);
  if (className === alibabaClasses.ppa) {
    throw new UserError(`class ${className} goes by a ConfigMap, which is not read; use ebb.dev/schedule`);
  }
  if (className === hpaClass && (metric !== 'cpu' || !knowsCpu)) {
    throw new UserError(`class ${className} needs --cpu, the cores that a request keeps busy; memory is not simulated`);
  }
  if (className === hpaClass && cpuRequestOf(podSpec) === 0) {
    throw new UserError(`class ${className} goes by the share of what is requested, but no container requests cpu`);
  }
  const metadata = { name: `${name}-00001`, namespace: 'default', uid: name, annotations: { ...annotations } };
  return { podAutoscaler: { metadata, spec: { scaleTargetRef: {}, containerConcurrency } }, autoscaler };
}

function parsed(config: SimulatedService['config']): ReturnType<typeof parseAutoscalerConfig> {
  try {
    return parseAutoscalerConfig(config);
  } catch (error) {
    throw new UserError(`config-autoscaler: ${messageOf(error)}`);
  }
}
