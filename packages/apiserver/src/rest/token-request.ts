import { type ServiceAccountTokens, type TokenClaims, issuer } from '../auth/service-account-tokens.ts';
import { invalid, invalidObject } from '../schema/field-error.ts';
import { isObject, numberOf, objectOf, stringOf } from '../schema/json.ts';
import { type Call, type Machine, requireStored, timestamp } from './call.ts';
import { badRequest, conflict, notFound } from './errors.ts';

const defaultSeconds = 3600;
const minSeconds = 600;
const group = 'authentication.k8s.io';

/** Resources that a token may be bound to. */
const bindable: Readonly<Record<string, string>> = { Pod: 'pods', Secret: 'secrets', Node: 'nodes' };

export interface TokenMaker {
  readonly machine: Machine;
  readonly tokens: ServiceAccountTokens;
}

/** A TokenRequest for the call's service account, granted: a token that says who its bearer is. Throws `StatusError`. */
export function issueToken({ machine, tokens }: TokenMaker, call: Call, body: unknown): object {
  if (!isObject(body)) throw badRequest('the object provided is unrecognized (must be of type TokenRequest)');
  const account = requireStored(machine, call);
  const spec = objectOf(body['spec']);
  const seconds = numberOf(spec['expirationSeconds']) ?? defaultSeconds;
  if (seconds < minSeconds)
    throw invalidObject({ group, kind: 'TokenRequest' }, '', [
      invalid('spec.expirationSeconds', seconds, 'may not specify a duration less than 10 minutes'),
    ]);
  const boundTo = boundObject(machine, call, objectOf(spec['boundObjectRef']));
  const audiences = Array.isArray(spec['audiences']) ? spec['audiences'].map(String) : [issuer];
  const now = machine.clock.now();
  const issuedAt = Math.floor(now / 1000);
  const claims: TokenClaims = {
    namespace: call.namespace,
    name: call.name,
    uid: account.uid,
    audiences,
    issuedAt,
    expiresAt: issuedAt + seconds,
    ...(boundTo ? { boundTo } : {}),
  };
  return {
    kind: 'TokenRequest',
    apiVersion: `${group}/v1`,
    metadata: { name: call.name, namespace: call.namespace, creationTimestamp: timestamp(now) },
    spec: { audiences, expirationSeconds: seconds, boundObjectRef: spec['boundObjectRef'] ?? null },
    status: { token: tokens.issue(claims), expirationTimestamp: timestamp(claims.expiresAt * 1000) },
  };
}

function boundObject(machine: Machine, call: Call, reference: Record<string, unknown>): TokenClaims['boundTo'] {
  const kind = stringOf(reference['kind']);
  if (kind === '') return undefined;
  const plural = bindable[kind];
  if (plural === undefined) throw badRequest(`cannot bind token for serviceaccount to object of type ${kind}`);
  const name = stringOf(reference['name']);
  const stored = machine.storage.table(plural).get(kind === 'Node' ? '' : call.namespace, name);
  if (!stored) throw notFound({ group: '', plural }, name);
  const uid = stringOf(reference['uid']);
  if (uid !== '' && uid !== stored.uid)
    throw conflict(
      { group: '', plural },
      name,
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  return { kind, name, uid: stored.uid };
}
