import type { Container, Pod } from '@ebb/api';
import { controllerOf } from '@ebb/kube';
import { Unsupported } from './missing.ts';

/** The only ones ECI adds to those every container has (serverless-node.md, section 2.2). */
const addable: ReadonlySet<string> = new Set(['NET_ADMIN', 'NET_RAW', 'CAP_NET_ADMIN', 'CAP_NET_RAW']);
/** Every container has these. */
const usual: ReadonlySet<string> = new Set(['NET_BIND_SERVICE', 'CAP_NET_BIND_SERVICE']);

/** Throws `Unsupported`, naming the field, for a pod that no container group can be: it would have to share a machine. */
export function checkSupported(pod: Pod): void {
  const { spec } = pod;
  if (controllerOf(pod)?.kind === 'DaemonSet') {
    throw refusal('a pod of a DaemonSet', 'there is no machine for it to look after');
  }
  for (const field of ['hostNetwork', 'hostPID', 'hostIPC'] as const) {
    if (spec[field] === true) throw refusal(`spec.${field}`, 'there is no machine to share');
  }
  for (const [kind, containers] of [
    ['containers', spec.containers],
    ['initContainers', spec.initContainers ?? []],
  ] as const) {
    for (const container of containers) checkContainer(container, `spec.${kind}[${JSON.stringify(container.name)}]`);
  }
}

function checkContainer({ securityContext, ...container }: Container, path: string): void {
  if (securityContext?.privileged) throw refusal(`${path}.securityContext.privileged`, 'there is no machine to rule');
  const added = securityContext?.capabilities?.add ?? [];
  const forbidden = added.find((name) => !addable.has(name) && !usual.has(name));
  if (forbidden !== undefined) {
    throw refusal(
      `${path}.securityContext.capabilities.add`,
      `of ${forbidden}; only NET_ADMIN and NET_RAW can be added`,
    );
  }
  if ('restartPolicy' in container) {
    throw refusal(
      `${path}.restartPolicy`,
      'its init containers end before the others start, and these restart as the pod says',
    );
  }
  if ('volumeDevices' in container) throw refusal(`${path}.volumeDevices`, 'there are no block devices');
}

/** The capabilities to ask ECI for. */
export function addedCapabilities({ securityContext }: Container): string[] {
  const added = securityContext?.capabilities?.add ?? [];
  return added.filter((name) => !usual.has(name)).map((name) => name.replace(/^CAP_/, ''));
}

function refusal(field: string, why: string): Unsupported {
  return new Unsupported(`${field} cannot be had on a virtual node: ${why}`);
}
