import type { Container, Pod } from '@ebb/api';
import { controllerOf } from '@ebb/kube';
import {
  type Asks,
  type FieldRules,
  type PodRules,
  anything,
  createFieldFinder,
  only,
  otherThan,
} from './field-rules.ts';
import { Unsupported } from './missing.ts';
import { afterSidecars } from './sidecars.ts';

/** The only ones ECI adds to those every container has (serverless-node.md, section 2.2). */
const addable: ReadonlySet<unknown> = new Set(['NET_ADMIN', 'NET_RAW', 'CAP_NET_ADMIN', 'CAP_NET_RAW']);
/** Every container has these. */
const usual: ReadonlySet<unknown> = new Set(['NET_BIND_SERVICE', 'CAP_NET_BIND_SERVICE']);

interface Refusal {
  readonly asks: Asks;
  readonly why: string;
}

const noMachine: Refusal = { asks: only(true), why: 'there is no machine to share' };
const noDevices: Refusal = { asks: anything, why: 'there are no devices to claim' };

const asThePod = 'its containers restart as the pod says';

const ofContainer: FieldRules<Refusal> = {
  'securityContext.privileged': { asks: only(true), why: 'there is no machine to rule' },
  'securityContext.capabilities.add.*': {
    asks: (name: unknown) => !addable.has(name) && !usual.has(name),
    why: 'only NET_ADMIN and NET_RAW can be added',
  },
  restartPolicyRules: { asks: anything, why: asThePod },
  volumeDevices: { asks: anything, why: 'there are no block devices' },
  'volumeMounts.*.recursiveReadOnly': { asks: only('Enabled'), why: 'what is mounted below stays as it is' },
  'resources.claims': noDevices,
  'ports.*.protocol': { asks: only('SCTP'), why: 'there are TCP and UDP' },
};

const refusals: PodRules<Refusal> = {
  spec: {
    hostNetwork: noMachine,
    hostPID: noMachine,
    hostIPC: noMachine,
    'os.name': { asks: only('windows'), why: 'its instances run Linux' },
    resourceClaims: noDevices,
    'volumes.*.projected.sources.*.clusterTrustBundle': { asks: anything, why: 'it makes no files of trust bundles' },
    'volumes.*.projected.sources.*.podCertificate': { asks: anything, why: 'it asks for no certificates' },
  },
  containers: { ...ofContainer, restartPolicy: { asks: anything, why: asThePod } },
  initContainers: { ...ofContainer, restartPolicy: { asks: otherThan('Always'), why: asThePod } },
};

const findRefused = createFieldFinder(refusals);

/** Throws `Unsupported`, naming the field, for a pod that no container group can be: it would have to share a machine. */
export function checkSupported(pod: Pod): void {
  if (controllerOf(pod)?.kind === 'DaemonSet') {
    throw refused('a pod of a DaemonSet', 'there is no machine for it to look after');
  }
  const [first] = findRefused(pod.spec);
  if (first) throw refused(first.field, first.rule.why);
  const [early] = afterSidecars(pod.spec);
  if (early) {
    const field = `spec.initContainers[${JSON.stringify(early.name)}] after one that goes on running`;
    throw refused(field, 'it would end before that starts');
  }
}

/** The capabilities to ask ECI for. */
export function addedCapabilities({ securityContext }: Container): string[] {
  const added = securityContext?.capabilities?.add ?? [];
  return added.filter((name) => !usual.has(name)).map((name) => name.replace(/^CAP_/, ''));
}

function refused(field: string, why: string): Unsupported {
  return new Unsupported(`${field} cannot be had on a virtual node: ${why}`);
}
