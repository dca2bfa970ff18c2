import type { Pod } from '@ebb/api';
import { anything, createFieldFinder, only, otherThan } from './field-rules.ts';
import { partContainers } from './sidecars.ts';

const asked = { asks: anything };

/** Of a pod's security context and of a container's alike. */
const security = {
  'securityContext.appArmorProfile.type': { asks: otherThan('Unconfined') },
  'securityContext.seccompProfile.type': { asks: otherThan('Unconfined') },
  'securityContext.seLinuxOptions': asked,
  'securityContext.windowsOptions': asked,
};

const ofContainer = {
  ...security,
  'securityContext.allowPrivilegeEscalation': { asks: only(false) },
  'securityContext.capabilities.drop': asked,
  'securityContext.procMount': { asks: otherThan('Default') },
  'ports.*.hostIP': asked,
  'ports.*.hostPort': { asks: otherThan(0) },
};

/** ECI's hooks are commands, requests and connections; its probes go to the group's address, and restart with the group's grace. */
const ofMainContainer = {
  ...ofContainer,
  'lifecycle.postStart.sleep': asked,
  'lifecycle.stopSignal': asked,
  ...Object.fromEntries(
    ['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((probe) => [
      [`${probe}.httpGet.host`, asked],
      [`${probe}.tcpSocket.host`, asked],
      [`${probe}.terminationGracePeriodSeconds`, asked],
    ]),
  ),
};

/** ECI gives its init containers a user, and nothing else of these. */
const ofInitContainer = {
  ...ofContainer,
  'securityContext.runAsGroup': asked,
  'securityContext.runAsNonRoot': { asks: only(true) },
  stdin: { asks: only(true) },
  tty: { asks: only(true) },
};

const rules = {
  spec: {
    ...security,
    hostUsers: { asks: only(false) },
    overhead: asked,
    runtimeClassName: asked,
    setHostnameAsFQDN: { asks: only(true) },
    'securityContext.fsGroup': asked,
    'securityContext.fsGroupChangePolicy': asked,
    'securityContext.seLinuxChangePolicy': asked,
    'securityContext.supplementalGroups': asked,
    'securityContext.supplementalGroupsPolicy': asked,
  },
  containers: ofMainContainer,
  initContainers: ofInitContainer,
  sidecars: ofMainContainer,
};

const findIgnored = createFieldFinder(rules);

/** What a pod says for all its containers, and ECI can say of no init container. */
const notOfInit = ['runAsGroup', 'runAsNonRoot'] as const;

/** The fields by which a pod asks for something that ECI has no field for, and that it can run without. */
export function ignoredFields(pod: Pod): string[] {
  const { securityContext = {} } = pod.spec;
  const ofInit =
    partContainers(pod.spec).first.length > 0
      ? notOfInit.filter((name) => securityContext[name] !== undefined && securityContext[name] !== false)
      : [];
  return [
    ...findIgnored(pod.spec).map(({ field }) => field),
    ...ofInit.map((name) => `spec.securityContext.${name} of init containers`),
  ];
}
