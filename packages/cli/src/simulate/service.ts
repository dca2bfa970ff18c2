import {
  AdmissionRefusal,
  type ConfigMap,
  type PodAutoscaler,
  type PodSpec,
  type Service,
  alibabaClasses,
  createAdmission,
  defaultServingConfig,
  hpaClass,
  knownClasses,
  ownScalingKeys,
  parseAutoscalerConfig,
  parseScalingSettings,
  renderFindings,
  validateAutoscalingAnnotations,
} from '@ebb/api';
import type { Schedule } from '@ebb/api/autoscaler';
import { cpuRequestOf, scheduleOf } from '@ebb/autoscaler/twin';
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
  /** Of class `ppa`: what the ConfigMap says that the Service names, if the manifest has it. */
  readonly timeseries: Schedule | undefined;
}

const defaultTimeoutSeconds = 300;

/** Reads the Service of a manifest. Throws `UserError` unless there is exactly one. */
export async function readService(file: string): Promise<SimulatedService> {
  const objects = await readManifest(file);
  const services = objects.flatMap(({ object }) => (isService(object) ? [object] : []));
  const [written] = services;
  if (!written || services.length > 1) {
    throw new UserError(`${file}: ${services.length} Services of serving.knative.dev in it, must be one`);
  }
  const service = withDefaults(file, written);
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
    timeseries: timeseriesOf(file, service, objects),
  };
}

/** As a cluster's mutation makes it, which refuses what has the wrong type. */
function withDefaults(file: string, object: Service & Named): Service {
  const [group = '', version = ''] = object.apiVersion.split('/');
  const asked = { group, version, kind: object.kind, subresource: '', userName: '', dryRun: false };
  try {
    return createAdmission(() => defaultServingConfig).mutate({ operation: 'CREATE', ...asked, object }) as Service;
  } catch (error) {
    if (error instanceof AdmissionRefusal) throw new UserError(`${file}: ${error.text}`, { cause: error });
    throw error;
  }
}

type ManifestObjects = Awaited<ReturnType<typeof readManifest>>;

function timeseriesOf(file: string, service: Service, objects: ManifestObjects): Schedule | undefined {
  const { metadata, spec } = service;
  const key = ownScalingKeys.timeseries;
  const name = spec?.template?.metadata?.annotations?.[key] ?? metadata.annotations?.[key];
  const map = objects.find(({ object }) => object.kind === 'ConfigMap' && object.metadata.name === name)?.object;
  if (name === undefined || !map) return undefined;
  try {
    return scheduleOf((map as ConfigMap).data ?? {});
  } catch (error) {
    throw new UserError(`${file}: ConfigMap ${name}: ${messageOf(error)}`, { cause: error });
  }
}

interface Named {
  readonly apiVersion: string;
  readonly kind: string;
}

function isService(object: Named): object is Named & Service {
  return object.kind === 'Service' && object.apiVersion.startsWith('serving.knative.dev/');
}

/** The PodAutoscaler of its revision, and the cluster's settings. Throws `UserError` for what admission would refuse. */
export function scalingOf(
  { name, annotations, containerConcurrency, timeoutSeconds, config, podSpec, timeseries }: SimulatedService,
  { knowsCpu }: { readonly knowsCpu: boolean },
): {
  readonly podAutoscaler: PodAutoscaler;
  readonly autoscaler: ReturnType<typeof parseAutoscalerConfig>;
} {
  const maxConcurrency = defaultServingConfig.defaults.containerConcurrencyMaxLimit;
  if (containerConcurrency < 0 || containerConcurrency > maxConcurrency) {
    throw new UserError(`containerConcurrency = ${containerConcurrency}, must be within [0, ${maxConcurrency}]`);
  }
  if (timeoutSeconds < 1) throw new UserError(`timeoutSeconds = ${timeoutSeconds}, must be at least 1`);
  const autoscaler = parsed(config);
  const findings = validateAutoscalingAnnotations(annotations, autoscaler);
  if (findings.length > 0) throw new UserError(renderFindings(findings));
  const { class: className, metric } = parseScalingSettings(annotations, autoscaler);
  if (className !== '' && !knownClasses.has(className)) {
    throw new UserError(`class ${className} is none of Ebb's, which are ${[...knownClasses].join(', ')}`);
  }
  if (className === alibabaClasses.ppa && !timeseries) {
    const key = ownScalingKeys.timeseries;
    throw new UserError(
      `class ${className} goes by a ConfigMap that the Service names in ${key}: put it into the manifest`,
    );
  }
  const goesByUsage = className === hpaClass || className === alibabaClasses.ppa;
  if (goesByUsage && (metric === 'memory' || !knowsCpu)) {
    throw new UserError(`class ${className} needs --cpu, the cores that a request keeps busy; memory is not simulated`);
  }
  if (goesByUsage && cpuRequestOf(podSpec) === 0) {
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
