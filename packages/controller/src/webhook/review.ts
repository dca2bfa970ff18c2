import type { AdmissionRequest, AdmissionReview, AdmissionReviewRequest, AdmissionReviewResponse } from '@ebb/api';

/** A body that is no AdmissionReview; the message says what is wrong with it. */
export class MalformedReview extends Error {
  override readonly name = 'MalformedReview';
}

const operations: readonly unknown[] = ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'];

/** The question in the body of a request. Throws `MalformedReview`. What the objects hold is not looked at. */
export function parseReview(body: string): AdmissionReviewRequest {
  const review = parseJson(body);
  if (!isObject(review)) throw new MalformedReview('the body is not an object');
  if (review['kind'] !== 'AdmissionReview' || review['apiVersion'] !== 'admission.k8s.io/v1')
    throw new MalformedReview('the body is not an AdmissionReview of admission.k8s.io/v1');
  const { request } = review;
  if (!isObject(request)) throw new MalformedReview('request is missing');
  requireText(request, 'request', ['uid']);
  if (request['uid'] === '') throw new MalformedReview('request.uid is empty');
  const { kind, operation, userInfo, dryRun } = request;
  if (!isObject(kind)) throw new MalformedReview('request.kind is missing');
  requireText(kind, 'request.kind', ['group', 'version', 'kind']);
  if (!operations.includes(operation))
    throw new MalformedReview(`request.operation is none of ${operations.join(', ')}`);
  if (!isAbsent(userInfo) && !isObject(userInfo)) throw new MalformedReview('request.userInfo is not an object');
  for (const [value, path] of [
    [request['subResource'], 'request.subResource'],
    [userInfo?.['username'], 'request.userInfo.username'],
  ] as const) {
    if (!isAbsent(value) && typeof value !== 'string') throw new MalformedReview(`${path} is not a string`);
  }
  if (!isAbsent(dryRun) && typeof dryRun !== 'boolean') throw new MalformedReview('request.dryRun is not a boolean');
  requireObjects(request);
  return request as unknown as AdmissionReviewRequest;
}

/** `undefined` for operations that admission does not look at. */
export function admissionRequestOf(request: AdmissionReviewRequest): AdmissionRequest | undefined {
  const { kind, operation, object, oldObject, subResource, userInfo, dryRun } = request;
  if ((operation !== 'CREATE' && operation !== 'UPDATE') || !object) return undefined;
  return {
    operation,
    ...kind,
    subresource: subResource ?? '',
    object,
    ...(operation === 'UPDATE' && oldObject ? { oldObject } : {}),
    userName: userInfo?.username ?? '',
    dryRun: dryRun ?? false,
  };
}

/** The body of the answer to `request`. */
export function renderReview(
  { uid }: Pick<AdmissionReviewRequest, 'uid'>,
  response: Omit<AdmissionReviewResponse, 'uid'>,
): string {
  const review: AdmissionReview = {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid, ...response },
  };
  return JSON.stringify(review);
}

type JsonObject = Readonly<Record<string, unknown>>;

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new MalformedReview('the body is not JSON', { cause });
  }
}

/** A write has an object, an update the one it replaces, both with metadata. */
function requireObjects({ operation, object, oldObject }: JsonObject): void {
  const needed = { object: operation === 'CREATE' || operation === 'UPDATE', oldObject: operation === 'UPDATE' };
  for (const [name, value] of Object.entries({ object, oldObject })) {
    if (isAbsent(value) && !needed[name as keyof typeof needed]) continue;
    if (!isObject(value)) throw new MalformedReview(`request.${name} is not an object`);
    if (!isObject(value['metadata'])) throw new MalformedReview(`request.${name}.metadata is not an object`);
  }
}

function requireText(object: JsonObject, path: string, names: readonly string[]): void {
  const wrong = names.find((name) => typeof object[name] !== 'string');
  if (wrong !== undefined) throw new MalformedReview(`${path}.${wrong} is not a string`);
}

const isAbsent = (value: unknown): value is null | undefined => value === null || value === undefined;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
