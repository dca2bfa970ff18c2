import { createRequire } from 'node:module';
import type * as credentialsModule from '@alicloud/credentials';
import { messageOf } from '@ebb/base';
import { EciError } from './error.ts';

// A CommonJS module with a default export: see eci.ts.
const library = createRequire(import.meta.url)('@alicloud/credentials') as (typeof credentialsModule)['default'];

/** As whom to call ECI: a key that is given, or one that is fetched, and anew before it ends. */
export type EciCredentials =
  | {
      readonly accessKeyId: string;
      readonly accessKeySecret: string;
      /** Of temporary credentials. */
      readonly securityToken?: string | undefined;
    }
  | { readonly credentialSource: CredentialSource };

/** Where temporary keys come from, in the words of Alibaba Cloud's credentials library. */
export type CredentialSource =
  /** A role of this cluster's service accounts (RRSA). */
  | {
      readonly type: 'oidc_role_arn';
      readonly roleArn: string;
      readonly oidcProviderArn: string;
      readonly oidcTokenFilePath: string;
      readonly roleSessionName: string;
    }
  /** The role of the machine. */
  | { readonly type: 'ecs_ram_role'; readonly roleName: string }
  /** Something that answers with a key. */
  | { readonly type: 'credentials_uri'; readonly credentialsURI: string };

/** The part of the configuration of an SDK's client that says who calls. */
export function clientCredentials(access: EciCredentials): object {
  if ('credentialSource' in access) return { credential: fetchedCredential(access.credentialSource) };
  const { accessKeyId, accessKeySecret, securityToken } = access;
  return { accessKeyId, accessKeySecret, ...(securityToken ? { securityToken } : {}) };
}

/** Fetched anew some minutes before it ends; one that cannot be had is as good as one that is refused. */
function fetchedCredential(source: CredentialSource): { getCredential(): Promise<object> } {
  const credential = new library.default(new library.Config(source));
  return {
    getCredential: async () => {
      try {
        return await credential.getCredential();
      } catch (cause) {
        throw new EciError('CredentialsNotHad', messageOf(cause), { remedy: 'mend-credentials', cause });
      }
    },
  };
}
