import { type KubeClient, type Pod, isNotFound, resources } from '@ebb/api';
import type { Clock } from '@ebb/base';

/** Names of the Secrets whose registries a pod may pull from. */
export type PullSecretsOf = (pod: Pod, signal: AbortSignal) => Promise<readonly string[]>;

/** How long an account is taken to be as it was: the next pod of a burst need not ask. */
const rememberedMs = 10_000;

/** The pod's own secrets, else those of its service account, which an API server's admission would have put there. */
export function createPullSecrets(client: Pick<KubeClient, 'get'>, clock: Clock): PullSecretsOf {
  const accounts = new Map<string, { readonly untilMs: number; readonly names: readonly string[] }>();
  return async ({ metadata, spec }, signal) => {
    const own = (spec.imagePullSecrets ?? []).flatMap(({ name }) => name ?? []);
    if (own.length > 0) return own;
    const name = spec.serviceAccountName ?? 'default';
    const key = `${metadata.namespace ?? ''}/${name}`;
    const before = accounts.get(key);
    if (before && clock.now() < before.untilMs) return before.names;
    const account = await client
      .get(resources.serviceAccounts, { namespace: metadata.namespace, name }, { signal })
      .catch((error: unknown) => {
        if (isNotFound(error)) return undefined;
        throw error;
      });
    const names = (account?.imagePullSecrets ?? []).flatMap((secret) => secret.name ?? []);
    accounts.set(key, { untilMs: clock.now() + rememberedMs, names });
    return names;
  };
}
