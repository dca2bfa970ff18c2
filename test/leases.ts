import { resources, systemNamespace } from '@ebb/api';
import type { KubeClient } from '@ebb/kube';

/** How long leases hold in stories in which a holder dies, so that nobody waits long for what it had. */
export const timing = { leaseDurationSeconds: 4, renewDeadlineSeconds: 3, retryPeriodSeconds: 1 };

/** The same, as a ConfigMap. */
export const leaderElection = {
  'config-leader-election': {
    'lease-duration': `${timing.leaseDurationSeconds}s`,
    'renew-deadline': `${timing.renewDeadlineSeconds}s`,
    'retry-period': `${timing.retryPeriodSeconds}s`,
  },
};

/** The process that has a lease of Ebb's, by its name; '' if nobody has. */
export async function holderOf(client: KubeClient, lease: string): Promise<string> {
  const { spec } = await client.get(resources.leases, { namespace: systemNamespace, name: lease });
  return spec?.holderIdentity?.replace(/_.*/, '') ?? '';
}
