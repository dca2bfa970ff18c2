import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServiceAccountTokens } from '../auth/service-account-tokens.ts';
import { type Call, type FieldValidation, type Machine, parseDryRun } from '../rest/call.ts';
import { invalidOptions } from '../rest/errors.ts';
import { notSupported, tooLong } from '../schema/field-error.ts';
import type { Snapshots } from '../rest/snapshots.ts';
import type { Kubelets } from '../kubelet/kubelets.ts';
import type { LogProxy } from '../kubelet/log-proxy.ts';
import type { ResourcePath } from './path.ts';

/** What the handlers of resource requests work with. */
export interface ApiContext {
  readonly machine: Machine;
  readonly snapshots: Snapshots;
  readonly kubelets: Kubelets;
  readonly logs: LogProxy;
  readonly tokens: ServiceAccountTokens;
  /** Whether an `Authorization` header lets its bearer in. */
  readonly isAllowed: (authorization: string | undefined) => boolean;
}

/** One request on a resource. */
export interface ApiRequest {
  readonly context: ApiContext;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly call: Call;
}

/** The name of the one user there is; clients may act as another with `Impersonate-User`. */
export const adminUser = 'ebb-admin';

const validations: readonly FieldValidation[] = ['Ignore', 'Warn', 'Strict'];

/** Reads what all calls have in common. Throws `Invalid`. */
export function makeCall(path: ResourcePath, query: URLSearchParams, request: IncomingMessage): Call {
  const kind = optionsKinds[request.method ?? ''] ?? 'GetOptions';
  return {
    ...path,
    query,
    userName: userOf(request),
    manager: managerOf(query, request, kind),
    dryRun: parseDryRun(query.getAll('dryRun'), kind),
    fieldValidation: validationOf(query, kind),
    warnings: [],
  };
}

/** What the parameters of a write are called, in the words of refusals. */
const optionsKinds: Readonly<Record<string, string>> = {
  POST: 'CreateOptions',
  PUT: 'UpdateOptions',
  PATCH: 'PatchOptions',
  DELETE: 'DeleteOptions',
};

/** Who sent a request. */
export function userOf(request: IncomingMessage): string {
  const impersonated = request.headers['impersonate-user'];
  return typeof impersonated === 'string' && impersonated !== '' ? impersonated : adminUser;
}

function validationOf(query: URLSearchParams, optionsKind: string): FieldValidation {
  const asked = query.get('fieldValidation') || 'Warn';
  const known = validations.find((each) => each === asked);
  if (known) return known;
  throw invalidOptions(optionsKind, notSupported('fieldValidation', asked, ['', 'Ignore', 'Strict', 'Warn']));
}

const maxManagerLength = 128;

function managerOf(query: URLSearchParams, request: IncomingMessage, optionsKind: string): string {
  const asked = query.get('fieldManager');
  if (asked && asked.length > maxManagerLength)
    throw invalidOptions(optionsKind, tooLong('fieldManager', maxManagerLength));
  if (asked) return asked;
  const agent = request.headers['user-agent'] ?? '';
  return agent.split('/', 1)[0]?.slice(0, maxManagerLength) || 'unknown';
}
