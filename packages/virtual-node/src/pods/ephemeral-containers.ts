import type { Container, ContainerStatus, Pod } from '@ebb/api';

const why = 'a container group takes no container once it runs';

/** Containers for debugging, which are added to a pod that runs: they end at once, and say why. */
export function ephemeralStatuses({ spec }: Pod): ContainerStatus[] {
  const containers = (spec['ephemeralContainers'] ?? []) as readonly Container[];
  return containers.map(({ name, image = '' }) => {
    const message = `spec.ephemeralContainers[${JSON.stringify(name)}] cannot be had on a virtual node: ${why}`;
    return {
      name,
      image,
      imageID: '',
      ready: false,
      started: false,
      restartCount: 0,
      state: { terminated: { exitCode: 128, reason: 'StartError', message } },
      lastState: {},
    };
  });
}
