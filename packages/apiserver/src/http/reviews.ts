import type { ResourceInfo } from '../resource-info.ts';
import { isObject, objectOf } from '../schema/json.ts';
import { apiVersionOfInfo } from '../rest/call.ts';
import { badRequest } from '../rest/errors.ts';
import { adminUser } from './api-request.ts';

/** Whether a resource is a question to be answered, with nothing stored. */
export function isReview({ builtin, verbs }: ResourceInfo): boolean {
  return builtin && verbs.length === 1 && verbs[0] === 'create';
}

/** Answers a review: whoever holds the token may do everything. */
export function answerReview(info: ResourceInfo, body: unknown, userName: string): object {
  if (!isObject(body)) throw badRequest(`the object provided is unrecognized (must be of type ${info.kind})`);
  const metadata = { creationTimestamp: null, ...objectOf(body['metadata']) };
  const spec = objectOf(body['spec']);
  return {
    kind: info.kind,
    apiVersion: apiVersionOfInfo(info),
    metadata,
    spec,
    status: statusFor(info.kind, userName),
  };
}

function statusFor(kind: string, userName: string): object {
  const user = { username: userName, groups: ['system:masters', 'system:authenticated'] };
  switch (kind) {
    case 'SelfSubjectReview':
      return { userInfo: user };
    case 'TokenReview':
      return { user: {}, error: `this server answers only for ${adminUser}` };
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
