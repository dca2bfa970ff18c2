import type { ResourceInfo } from '../resource-info.ts';
import { issuer } from '../auth/service-account-tokens.ts';
import { isObject, type JsonObject, objectOf, stringOf } from '../schema/json.ts';
import { apiVersionOfInfo } from '../rest/call.ts';
import { badRequest } from '../rest/errors.ts';
import { type ApiContext, adminUser } from './api-request.ts';

/** Whether a resource is a question to be answered, with nothing stored. */
export function isReview({ builtin, verbs }: ResourceInfo): boolean {
  return builtin && verbs.length === 1 && verbs[0] === 'create';
}

/** Answers a review: whoever holds the token may do everything. */
export function answerReview(context: ApiContext, info: ResourceInfo, body: unknown, userName: string): object {
  if (!isObject(body)) throw badRequest(`the object provided is unrecognized (must be of type ${info.kind})`);
  const metadata = { creationTimestamp: null, ...objectOf(body['metadata']) };
  const spec = objectOf(body['spec']);
  return {
    kind: info.kind,
    apiVersion: apiVersionOfInfo(info),
    metadata,
    spec,
    status: info.kind === 'TokenReview' ? tokenStatus(context, spec) : statusFor(info.kind, userName),
  };
}

/** Whose token it is: the one user's, or that of a service account that is still there. */
function tokenStatus({ machine, tokens, isAllowed }: ApiContext, spec: JsonObject): object {
  const token = stringOf(spec['token']);
  if (isAllowed(`Bearer ${token}`))
    return { authenticated: true, user: { username: adminUser, groups: ['system:masters', 'system:authenticated'] } };
  const claims = tokens.verify(token, machine.clock.now());
  if (!claims) return { user: {}, error: 'the token is none of this server, or has expired' };
  const { namespace, name, uid, boundTo } = claims;
  if (machine.storage.table('serviceaccounts').get(namespace, name)?.uid !== uid)
    return { user: {}, error: `the service account ${namespace}/${name} of the token is gone` };
  if (boundTo && machine.storage.owners.placeOf(boundTo.uid) === undefined)
    return { user: {}, error: `the ${boundTo.kind} ${boundTo.name} that the token is bound to is gone` };
  const asked = Array.isArray(spec['audiences']) && spec['audiences'].length > 0 ? spec['audiences'] : [issuer];
  const audiences = claims.audiences.filter((each) => asked.includes(each));
  if (audiences.length === 0)
    return { user: {}, error: `token audiences ${JSON.stringify(claims.audiences)} are not those asked for` };
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
  const extra = { 'authentication.kubernetes.io/credential-id': [`JTI=${claims.id ?? ''}`] };
  const user = { username: `system:serviceaccount:${namespace}:${name}`, uid, groups, extra };
  return { authenticated: true, user, audiences };
}

function statusFor(kind: string, userName: string): object {
  const user = { username: userName, groups: ['system:masters', 'system:authenticated'] };
  switch (kind) {
    case 'SelfSubjectReview':
      return { userInfo: user };
    case 'SelfSubjectRulesReview':
      return {
        resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
        nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
        incomplete: false,
      };
    default:
      return { allowed: true };
  }
}
