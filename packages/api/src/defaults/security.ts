import type { Container, SecurityContext } from '../core.ts';
import type { SecurePodDefaults } from '../config/features.ts';
import type { RevisionSpec } from '../serving.ts';

/** The container with the security settings of `secure-pod-defaults` where it has none (serving-api.md, section 6). */
export function secureContainer(container: Container, spec: RevisionSpec, mode: SecurePodDefaults): Container {
  if (mode === 'Disabled') return container;
  const pod = spec.securityContext ?? {};
  const own = container.securityContext ?? {};
  const securityContext: SecurityContext = {
    allowPrivilegeEscalation: false,
    ...(mode === 'Enabled' && pod['runAsNonRoot'] === undefined && { runAsNonRoot: true }),
    capabilities: defaultCapabilities(container),
    ...own,
    ...(!hasType(pod['seccompProfile']) &&
      !hasType(own.seccompProfile) && { seccompProfile: { ...own.seccompProfile, type: 'RuntimeDefault' } }),
  };
  return { ...container, securityContext };
}

const hasType = (profile: unknown): boolean => Boolean(Reflect.get(Object(profile), 'type'));

const firstUnprivilegedPort = 1024;

function defaultCapabilities({ ports = [] }: Container): { drop: string[]; add?: string[] } {
  const bindsLowPort = ports.some(
    ({ containerPort = 0 }) => containerPort > 0 && containerPort < firstUnprivilegedPort,
  );
  return { drop: ['ALL'], ...(bindsLowPort && { add: ['NET_BIND_SERVICE'] }) };
}
