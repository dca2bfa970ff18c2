import type { Pod } from '@ebb/api';
import { badRequest } from '../rest/errors.ts';

/** The container to read or enter: the one named, the default one, or the only one. Throws `BadRequest` if that is unclear. */
export function chooseContainer(pod: Pod, asked: string): string {
  const { name = '', annotations } = pod.metadata;
  const containers = pod.spec.containers.map((each) => each.name);
  const init = (pod.spec.initContainers ?? []).map((each) => each.name);
  if (asked !== '') {
    if ([...containers, ...init].includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${name}`);
  }
  const preferred = annotations?.['kubectl.kubernetes.io/default-container'];
  if (containers.length === 1 && containers[0] !== undefined) return containers[0];
  if (preferred !== undefined && containers.includes(preferred)) return preferred;
  const initText = init.length > 0 ? ` or one of the init containers: [${init.join(' ')}]` : '';
  throw badRequest(
    `a container name must be specified for pod ${name}, choose one of: [${containers.join(' ')}]${initText}`,
  );
}

/** The node a pod is on. Throws `BadRequest` if there is none yet. */
export function nodeOf({ metadata, spec }: Pod): string {
  if (!spec.nodeName) throw badRequest(`pod ${metadata.name} does not have a host assigned`);
  return spec.nodeName;
}
