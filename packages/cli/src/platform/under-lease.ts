import { systemNamespace } from '@ebb/api';
import { type LeaseOptions, type LeaseTiming, runWithLease } from '@ebb/kube';
import type { Component } from './components.ts';

export interface UnderLeaseOptions extends Omit<LeaseOptions, 'namespace' | keyof LeaseTiming> {
  readonly timing: Partial<LeaseTiming>;
}

/**
 * A component of which one replica works at a time, by a Lease in `knative-serving`; `create` makes it anew for each term. It
 * counts as caught up when it works, or when it is known that another replica does.
 */
export function underLease({ timing, ...options }: UnderLeaseOptions, create: () => Component): Component {
  let markSynced = (): void => {};
  const synced = new Promise<void>((resolve) => (markSynced = resolve));
  const lease: LeaseOptions = {
    ...options,
    ...timing,
    namespace: systemNamespace,
    onHolder: (holder) => {
      if (holder !== options.identity) markSynced();
    },
  };
  const lead: Component['run'] = async (context) => {
    const component = create();
    void component.synced.then(markSynced);
    await component.run(context);
  };
  return { synced, run: (context) => runWithLease(lease, lead, context) };
}
