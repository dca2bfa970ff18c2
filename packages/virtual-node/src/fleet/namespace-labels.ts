import { type KubeClient, isNotFound, resources } from '@ebb/api';
import type { Clock } from '@ebb/base';
import { asksForNamespaces } from '../profile/effects.ts';
import type { EciProfile, Labels } from '../profile/profile.ts';

/** How long the labels of a namespace are taken for what they were. */
const freshMs = 10_000;

/** Labels of namespaces, asked for only while a selector of the profile wants them. */
export function createNamespaceLabels(
  client: Pick<KubeClient, 'get'>,
  profile: () => EciProfile,
  clock: Clock,
): (namespace: string, signal: AbortSignal) => Promise<Labels> {
  const known = new Map<string, { readonly atMs: number; readonly labels: Labels }>();
  return async (name, signal) => {
    if (!asksForNamespaces(profile())) return {};
    const before = known.get(name);
    if (before && clock.now() - before.atMs < freshMs) return before.labels;
    const labels = await client.get(resources.namespaces, { name }, { signal }).then(
      ({ metadata }) => metadata.labels ?? {},
      (error: unknown) => {
        if (isNotFound(error)) return {};
        throw error;
      },
    );
    known.set(name, { atMs: clock.now(), labels });
    return labels;
  };
}
