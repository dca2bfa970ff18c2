import { StatusError } from '@ebb/api';
import { type Operation, applyPatch } from 'rfc6902';
import { type JsonObject, isObject } from '../schema/json.ts';
import { checkDepth } from './depth.ts';

const maxOperations = 10_000;

/** Bytes that all `copy` operations of a patch may add, so that a few of them cannot double a document without end. */
const maxCopiedBytes = 3 * 1024 * 1024;

/**
 * JSON Patch (RFC 6902). The result shares nothing with its inputs. Throws `StatusError`: `BadRequest` for what is no patch,
 * `RequestEntityTooLarge` for over 10,000 operations, `Invalid` for an operation that does not apply.
 */
export function jsonPatch<T>(target: T, operations: unknown): T {
  const patch = parsePatch(operations);
  const document = structuredClone(target);
  let copiedBytes = 0;
  for (const operation of patch) {
    if (testsAbsence(document, operation)) continue;
    checkPointers(document, operation);
    if (setsAbsent(document, operation)) {
      applyPatch(document, [{ ...operation, op: 'add' } as Operation]);
      continue;
    }
    if (operation.op === 'copy') copiedBytes += JSON.stringify(valueAt(document, operation.from)).length;
    if (copiedBytes > maxCopiedBytes) throw notApplicable(`the copies of the patch exceed ${maxCopiedBytes} bytes`);
    const [error] = applyPatch(document, [operation]);
    if (error) throw notApplicable(describe(operation));
  }
  checkDepth(document);
  return document;
}

const operationNames: ReadonlySet<unknown> = new Set(['add', 'remove', 'replace', 'move', 'copy', 'test']);

function parsePatch(operations: unknown): readonly Operation[] {
  if (!Array.isArray(operations)) throw malformed('a JSON patch must be a list of operations');
  if (operations.length > maxOperations) {
    throw new StatusError(
      'RequestEntityTooLarge',
      `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${operations.length}`,
    );
  }
  return operations.map(parseOperation);
}

function parseOperation(operation: unknown): Operation {
  if (!isObject(operation)) throw malformed('an operation must be an object');
  const { op, path, from } = operation;
  if (!operationNames.has(op)) throw notApplicable(`Unexpected kind: ${String(op)}`);
  if (!isPointer(path)) throw notApplicable(`${String(op)}: path must be a JSON pointer`);
  if ((op === 'move' || op === 'copy') && !isPointer(from)) throw notApplicable(`${op}: from must be a JSON pointer`);
  if (['add', 'replace', 'test'].includes(op as string) && !Object.hasOwn(operation, 'value')) {
    throw notApplicable(`${String(op)}: value is missing`);
  }
  checkDepth(operation['value']);
  // The library copies values by assignment, which would make this key a prototype. In strings the quote is escaped.
  if (JSON.stringify(operation).includes('"__proto__":')) throw malformed('a key must not be called __proto__');
  return operation as unknown as Operation;
}

function isPointer(value: unknown): value is string {
  return typeof value === 'string' && (value === '' || value.startsWith('/'));
}

/** As in Kubernetes, a field that is not there passes a test for null. */
function testsAbsence(document: unknown, operation: Operation): boolean {
  return operation.op === 'test' && operation.value === null && !exists(document, operation.path);
}

/** As in Kubernetes, replacing what a map does not have adds it. */
function setsAbsent(document: unknown, { op, path }: Operation): boolean {
  return op === 'replace' && isObject(parentOf(document, path)) && !exists(document, path);
}

/** Refuses pointers that the library would follow into prototypes, or read as some other index of a list. */
function checkPointers(document: unknown, operation: Operation): void {
  if (operation.op === 'move' || operation.op === 'copy') {
    if (!exists(document, operation.from)) throw notApplicable(describe(operation));
  }
  const parent = parentOf(document, operation.path);
  const key = tokensOf(operation.path).at(-1);
  if (key === undefined || typeof parent !== 'object' || parent === null) throw notApplicable(describe(operation));
  const adds = operation.op === 'add' || operation.op === 'move' || operation.op === 'copy';
  if (operation.op === 'replace' && !Array.isArray(parent) && key !== '__proto__') return;
  if (adds ? !canAdd(parent, key) : !Object.hasOwn(parent, key) || !isMember(parent, key)) {
    throw notApplicable(describe(operation));
  }
}

function canAdd(parent: object, key: string): boolean {
  if (!Array.isArray(parent)) return key !== '__proto__';
  return key === '-' || (isIndex(key) && Number(key) <= parent.length);
}

function isMember(parent: object, key: string): boolean {
  return Array.isArray(parent) ? isIndex(key) : key !== '__proto__';
}

const isIndex = (key: string): boolean => /^(0|[1-9][0-9]*)$/.test(key);

function exists(document: unknown, pointer: string): boolean {
  return pointer !== '' && valueAt(document, pointer) !== undefined;
}

function parentOf(document: unknown, pointer: string): unknown {
  return follow(document, tokensOf(pointer).slice(0, -1));
}

function valueAt(document: unknown, pointer: string): unknown {
  return follow(document, tokensOf(pointer));
}

function follow(document: unknown, tokens: readonly string[]): unknown {
  let value = document;
  for (const token of tokens) {
    if (typeof value !== 'object' || value === null) return undefined;
    if (!Object.hasOwn(value, token) || !isMember(value, token)) return undefined;
    value = (value as JsonObject)[token];
  }
  return value;
}

function tokensOf(pointer: string): readonly string[] {
  const [, ...tokens] = pointer.split('/');
  return tokens.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function describe(operation: Operation): string {
  const { op, path } = operation;
  switch (op) {
    case 'test':
      return `testing value ${path} failed: test failed`;
    case 'move':
    case 'copy':
      return `${op} operation does not apply: doc is missing path: from ${operation.from} to ${path}: missing value`;
    case 'add':
    case 'remove':
    case 'replace':
      return `${op} operation does not apply: doc is missing path: ${path}: missing value`;
  }
}

function malformed(problem: string): StatusError {
  return new StatusError('BadRequest', `error decoding patch: ${problem}`);
}

/** Kubernetes says only that much in its message; the cause is what clients show. */
function notApplicable(problem: string): StatusError {
  const message = 'the server rejected our request due to an error in our request';
  return new StatusError('Invalid', message, { details: { causes: [{ field: 'patch', message: problem }] } });
}
