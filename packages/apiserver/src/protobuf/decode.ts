import { type Schema, StatusError } from '@ebb/api';
import { classOf, schemaOfClass } from '../builtin/model-schema.ts';
import type { JsonObject } from '../schema/json.ts';
import { classOfKind } from './classes.ts';
import { type Field, fieldsOf } from './fields.ts';
import { readFields, type WireField } from './reader.ts';

/** Media type of objects in protocol buffers: what kubectl since 1.32 and typed Go clients send of built-in kinds. */
export const kubernetesProtobuf = 'application/vnd.kubernetes.protobuf';

const magic = Buffer.from('k8s\0');

/**
 * The object in a body of type `kubernetesProtobuf`, as its JSON would have it. On the wire nothing tells a field left
 * out from one that is empty; empty fields are left out unless the kind needs them or their zero has a meaning.
 * Throws `StatusError` (`BadRequest`) if the body is malformed or of no built-in kind.
 */
export function decodeKubernetesProtobuf(body: Uint8Array): JsonObject {
  try {
    return decodeEnvelope(body);
  } catch (error) {
    if (error instanceof StatusError) throw error;
    throw new StatusError('BadRequest', 'the object provided is not in the form of protocol buffers', { cause: error });
  }
}

function decodeEnvelope(body: Uint8Array): JsonObject {
  if (!magic.equals(body.subarray(0, magic.length)))
    throw new StatusError(
      'BadRequest',
      'provided data does not appear to be a protobuf message, expected prefix "k8s\\0"',
    );
  const envelope = readFields(body.subarray(magic.length));
  const typeMeta = readFields(bytesAt(envelope, 1));
  const apiVersion = text(bytesAt(typeMeta, 1));
  const kind = text(bytesAt(typeMeta, 2));
  const className = classOfKind(apiVersion, kind);
  if (className === undefined)
    throw new StatusError(
      'BadRequest',
      `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`,
    );
  return { apiVersion, kind, ...decodeMessage(bytesAt(envelope, 2), schemaOfClass(className)) };
}

function bytesAt(fields: readonly WireField[], number: number): Uint8Array {
  const value = fields.findLast((field) => field.number === number)?.value;
  return value instanceof Uint8Array ? value : new Uint8Array();
}

function decodeMessage(bytes: Uint8Array, schema: Schema): JsonObject {
  const object: JsonObject = {};
  fill(object, bytes, schema, fieldsOf(classOf(schema.properties) ?? ''));
  return object;
}

function fill(object: JsonObject, bytes: Uint8Array, schema: Schema, fields: ReadonlyMap<number, Field>): void {
  for (const { number, value } of readFields(bytes)) {
    const field = fields.get(number);
    if (field === undefined) continue;
    if (typeof field !== 'string') fill(object, bytesOf(value), schema, field);
    else setField(object, field, value, schema);
  }
}

function setField(object: JsonObject, name: string, value: WireField['value'], schema: Schema): void {
  const property = schema.properties?.[name];
  if (!property) return;
  if (property.type === 'array') {
    const list = (object[name] ??= []) as unknown[];
    list.push(decodeValue(value, property.items ?? {}));
  } else if (typeof property.additionalProperties === 'object') {
    const entry = readFields(bytesOf(value));
    const map = (object[name] ??= {}) as JsonObject;
    map[text(bytesAt(entry, 1))] = decodeValue(bytesAt(entry, 2), property.additionalProperties);
  } else {
    const decoded = decodeValue(value, property);
    if (!isLeftOut(name, decoded, schema)) object[name] = decoded;
  }
}

function decodeValue(value: WireField['value'], schema: Schema): unknown {
  if (schema['x-kubernetes-preserve-unknown-fields']) return decodeRaw(bytesOf(value));
  if (schema['x-kubernetes-int-or-string'])
    return schema.format === 'quantity' ? text(bytesAt(readFields(bytesOf(value)), 1)) : intOrString(value);
  switch (schema.type) {
    case 'integer':
      return typeof value === 'bigint' ? Number(BigInt.asIntN(64, value)) : 0;
    case 'number':
      return Buffer.from(bytesOf(value)).readDoubleLE();
    case 'boolean':
      return value !== 0n;
    case 'string':
      return decodeString(bytesOf(value), schema.format);
    case 'array':
      // A list as the value of a map is wrapped in a message of its own.
      return readFields(bytesOf(value)).map((item) => decodeValue(item.value, schema.items ?? {}));
    default:
      return decodeMessage(bytesOf(value), schema);
  }
}

function decodeString(bytes: Uint8Array, format: string | undefined): string {
  if (format === 'byte') return Buffer.from(bytes).toString('base64');
  return format === 'date-time' ? decodeTime(bytes) : text(bytes);
}

/** An empty message is no time at all. */
function decodeTime(bytes: Uint8Array): string {
  const fields = readFields(bytes);
  if (fields.length === 0) return '';
  const [seconds, nanos] = [1, 2].map((number) => integer(fields, number));
  const text = new Date((seconds ?? 0) * 1000).toISOString().slice(0, -'.000Z'.length);
  return nanos ? `${text}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z` : `${text}Z`;
}

function intOrString(value: WireField['value']): number | string {
  const fields = readFields(bytesOf(value));
  return integer(fields, 1) === 1 ? text(bytesAt(fields, 3)) : integer(fields, 2);
}

function integer(fields: readonly WireField[], number: number): number {
  const value = fields.findLast((field) => field.number === number)?.value;
  return typeof value === 'bigint' ? Number(BigInt.asIntN(64, value)) : 0;
}

/** Any JSON, as text within a message. */
function decodeRaw(bytes: Uint8Array): unknown {
  const raw = text(bytesAt(readFields(bytes), 1));
  return raw === '' ? undefined : JSON.parse(raw);
}

function bytesOf(value: WireField['value']): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array();
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}

/** Fields whose zero is not the same as nothing. */
const meaningfulZeros = new Set([
  'activeDeadlineSeconds',
  'allocateLoadBalancerNodePorts',
  'allowPrivilegeEscalation',
  'automountServiceAccountToken',
  'controller',
  'defaultMode',
  'enableServiceLinks',
  'fsGroup',
  'gracePeriodSeconds',
  'hostUsers',
  'mode',
  'priority',
  'readOnlyRootFilesystem',
  'runAsGroup',
  'runAsNonRoot',
  'runAsUser',
  'terminationGracePeriodSeconds',
  'tolerationSeconds',
]);

function isLeftOut(name: string, value: unknown, { required = [] }: Schema): boolean {
  if (value === '' || value === undefined) return name !== 'storageClassName';
  return (value === 0 || value === false) && !meaningfulZeros.has(name) && !required.includes(name);
}
