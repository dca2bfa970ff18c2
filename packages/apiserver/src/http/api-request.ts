import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Call, type FieldValidation, type Machine, parseDryRun } from '../rest/call.ts';
import { badRequest } from '../rest/errors.ts';
import type { Snapshots } from '../rest/snapshots.ts';
import type { LogProxy } from './log-proxy.ts';
import type { ResourcePath } from './path.ts';

/** What the handlers of resource requests work with. */
export interface ApiContext {
  readonly machine: Machine;
  readonly snapshots: Snapshots;
  readonly logs: LogProxy;
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

/** Reads what all calls have in common. Throws `BadRequest`. */
export function makeCall(path: ResourcePath, query: URLSearchParams, request: IncomingMessage): Call {
  return {
    ...path,
    query,
    userName: userOf(request),
    manager: managerOf(query, request),
    dryRun: parseDryRun(query.getAll('dryRun')),
    fieldValidation: validationOf(query),
    warnings: [],
  };
}

/** Who sent a request. */
export function userOf(request: IncomingMessage): string {
  const impersonated = request.headers['impersonate-user'];
  return typeof impersonated === 'string' && impersonated !== '' ? impersonated : adminUser;
}

function validationOf(query: URLSearchParams): FieldValidation {
  const asked = query.get('fieldValidation') || 'Warn';
  const known = validations.find((each) => each === asked);
  if (known) return known;
  throw badRequest(
    `fieldValidation: Unsupported value: ${JSON.stringify(asked)}: supported values: "", "Ignore", "Strict", "Warn"`,
  );
}

const maxManagerLength = 128;

function managerOf(query: URLSearchParams, request: IncomingMessage): string {
  const asked = query.get('fieldManager');
  if (asked && asked.length > maxManagerLength)
    throw badRequest(`fieldManager: Too long: may not be more than ${maxManagerLength} bytes`);
  if (asked) return asked;
  const agent = request.headers['user-agent'] ?? '';
  return agent.split('/', 1)[0]?.slice(0, maxManagerLength) || 'unknown';
}
