import type { Secret } from '@ebb/api';
import type { CreateGroup } from '../eci/eci.ts';
import type { Lookup } from './lookup.ts';

export type Credential = NonNullable<CreateGroup['imageRegistryCredential']>[number];

interface Auth {
  readonly username?: string;
  readonly password?: string;
  /** `username:password` in Base64. */
  readonly auth?: string;
}

/** The users of registries in a pod's pull secrets. A secret that is missing or unreadable is passed over, as by a kubelet. */
export function imageCredentials(lookup: Pick<Lookup, 'pullSecrets' | 'secret'>): Credential[] {
  const byServer = new Map<string, Credential>();
  for (const name of lookup.pullSecrets) {
    for (const [server, auth] of Object.entries(authsOf(lookup.secret(name)))) {
      const credential = credentialOf(server, auth);
      if (credential && !byServer.has(server)) byServer.set(server, credential);
    }
  }
  return [...byServer.values()];
}

/** Of type `kubernetes.io/dockerconfigjson`, or the older `kubernetes.io/dockercfg`. */
function authsOf(secret: Secret | undefined): Record<string, Auth> {
  const { '.dockerconfigjson': config, '.dockercfg': old } = secret?.data ?? {};
  try {
    const text = Buffer.from(config ?? old ?? '', 'base64').toString('utf8');
    const parsed = JSON.parse(text || '{}') as { auths?: Record<string, Auth> };
    return (config === undefined ? (parsed as Record<string, Auth>) : parsed.auths) ?? {};
  } catch {
    return {};
  }
}

function credentialOf(server: string, { username, password, auth }: Auth): Credential | undefined {
  const [, name, ...rest] = /^([^:]*):(.*)$/s.exec(Buffer.from(auth ?? '', 'base64').toString('utf8')) ?? [];
  const userName = username ?? name;
  if (!userName) return undefined;
  return {
    server: server.replace(/^https?:\/\//, '').replace(/\/v[12]\/?$/, ''),
    userName,
    password: password ?? rest[0] ?? '',
  };
}
