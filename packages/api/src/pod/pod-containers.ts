import type { FeaturesConfig } from '../config/features.ts';
import type { Container, EnvVar, Probe } from '../core.ts';
import { keys } from '../keys.ts';
import type { Revision } from '../serving.ts';
import { servingContainer, userPortOf, withPort } from './serving-container.ts';

/** The containers of a Revision's pods (serving-api.md, section 17), run by their digests where these are known. */
export function podContainers(
  revision: Revision,
  features: Pick<FeaturesConfig, 'multi-container-probing'>,
): Container[] {
  const serving = servingContainer(revision.spec);
  const customPorts = features['multi-container-probing'] === 'Enabled';
  return revision.spec.containers.map((container) => {
    const own = container === serving ? asServing(container, userPortOf(revision.spec), { customPorts }) : container;
    return { ...byDigest(own, revision), ...forAll(own), env: [...(own.env ?? []), ...knativeEnv(revision)] };
  });
}

/** The init containers: as they were given. */
export function podInitContainers(revision: Revision): Container[] | undefined {
  return revision.spec.initContainers?.map((container) => byDigest(container, revision));
}

function byDigest(container: Container, { status = {} }: Revision): Container {
  const { containerStatuses = [], initContainerStatuses = [] } = status;
  const digest = [...containerStatuses, ...initContainerStatuses].find(({ name }) => name === container.name);
  return digest?.imageDigest ? { ...container, image: digest.imageDigest } : container;
}

/** What every container gets, whatever it says. */
function forAll({ readinessProbe, terminationMessagePolicy }: Container): Partial<Container> {
  return {
    ...(readinessProbe && { readinessProbe: atMostEachSecond(readinessProbe) }),
    terminationMessagePolicy: terminationMessagePolicy || 'FallbackToLogsOnError',
    stdin: false,
    tty: false,
  };
}

/** No kubelet probes more often than each second; without a period it would take ten. */
const atMostEachSecond = (probe: Probe): Probe => (probe.periodSeconds ? probe : { ...probe, periodSeconds: 1 });

function knativeEnv({ metadata }: Revision): EnvVar[] {
  const { name = '', labels = {} } = metadata;
  return [
    { name: 'K_REVISION', value: name },
    { name: 'K_CONFIGURATION', value: labels[keys.configuration] ?? '' },
    { name: 'K_SERVICE', value: labels[keys.service] ?? '' },
  ];
}

/** The container that gets the requests, told its port. A liveness probe goes there too unless ports of its own are allowed it. */
function asServing(
  container: Container,
  userPort: number,
  { customPorts }: { readonly customPorts: boolean },
): Container {
  const { env = [], readinessProbe, livenessProbe, startupProbe } = container;
  const liveness = livenessProbe && (customPorts ? livenessProbe : withoutPort(livenessProbe));
  return {
    ...container,
    env: [...env, { name: 'PORT', value: String(userPort) }],
    ports: [{ name: 'user-port', containerPort: userPort, protocol: 'TCP' }],
    ...(readinessProbe && { readinessProbe: withPort(readinessProbe, userPort) }),
    ...(liveness && { livenessProbe: withPort(liveness, userPort) }),
    ...(startupProbe && { startupProbe: withPort(startupProbe, userPort) }),
  };
}

function withoutPort(probe: Probe): Probe {
  const { httpGet, tcpSocket } = probe;
  return {
    ...probe,
    ...(httpGet && { httpGet: { ...httpGet, port: 0 } }),
    ...(tcpSocket && { tcpSocket: { ...tcpSocket, port: 0 } }),
  };
}
