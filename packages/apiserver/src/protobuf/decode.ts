import { messageOf } from '@ebb/base';
import { badRequest } from '../rest/errors.ts';
import { messages } from './messages.ts';
import { Reader } from './reader.ts';

interface Field {
  readonly name: string;
  readonly shape: 'one' | 'pointer' | 'inline' | 'list' | 'map';
  readonly type: string;
}

type JsonObject = Record<string, unknown>;

/** What Kubernetes puts before every message. */
const magic = Buffer.from('k8s\0');
/** Deepest nesting of messages; no kind comes near. */
const maxDepth = 60;

/** Packages of messages by API group and version. */
const packages: Readonly<Record<string, string>> = {
  v1: 'core',
  'meta.k8s.io/v1': 'meta',
  'authentication.k8s.io/v1': 'authentication',
  'authorization.k8s.io/v1': 'authorization',
  'coordination.k8s.io/v1': 'coordination',
  'discovery.k8s.io/v1': 'discovery',
  'networking.k8s.io/v1': 'networking',
  'policy/v1': 'policy',
  'rbac.authorization.k8s.io/v1': 'rbac',
  'scheduling.k8s.io/v1': 'scheduling',
  'storage.k8s.io/v1': 'storage',
};

/**
 * The object in a body of `application/vnd.kubernetes.protobuf`, as it would be in JSON: what is zero or empty and no
 * pointer is left out. Typed clients send built-in kinds like this. Throws `StatusError` (`BadRequest`).
 */
export function decodeProtobuf(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    if (!body.subarray(0, 4).equals(magic)) throw new Error('provided data does not appear to be a protobuf message');
    return decodeEnvelope(new Reader(body.subarray(4)));
  } catch (error) {
    throw badRequest(`couldn't decode protobuf: ${messageOf(error)}`);
  }
}

function decodeEnvelope(reader: Reader): JsonObject {
  let apiVersion = '';
  let kind = '';
  let raw = Buffer.alloc(0);
  while (!reader.done) {
    const { field, wire } = reader.key();
    if (field === 1) ({ apiVersion, kind } = decodeTypeMeta(new Reader(reader.bytes())));
    else if (field === 2) raw = Buffer.from(reader.bytes());
    else reader.skip(wire);
  }
  const name = `${kind === 'DeleteOptions' ? 'meta' : (packages[apiVersion] ?? '?')}.${kind}`;
  if (!Object.hasOwn(messages, name)) throw new Error(`no kind "${kind}" is registered for version "${apiVersion}"`);
  return { apiVersion, kind, ...decodeMessage(new Reader(raw), name, 0) };
}

function decodeTypeMeta(reader: Reader): { apiVersion: string; kind: string } {
  const found = { apiVersion: '', kind: '' };
  while (!reader.done) {
    const { field, wire } = reader.key();
    if (field === 1) found.apiVersion = reader.bytes().toString();
    else if (field === 2) found.kind = reader.bytes().toString();
    else reader.skip(wire);
  }
  return found;
}

const tables = new Map<string, ReadonlyMap<number, Field>>();

function fieldsOf(name: string): ReadonlyMap<number, Field> {
  let table = tables.get(name);
  if (!table) tables.set(name, (table = parseTable(messages[name] ?? '')));
  return table;
}

function parseTable(text: string): ReadonlyMap<number, Field> {
  const lines = text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim().split(' ')]));
  return new Map(
    lines.map(([number, name = '', ...rest]) => {
      const type = rest.pop() ?? '';
      return [Number(number), { name, shape: (rest[0] ?? 'one') as Field['shape'], type }];
    }),
  );
}

function decodeMessage(reader: Reader, name: string, depth: number): JsonObject {
  if (depth > maxDepth) throw new RangeError('messages are nested too deeply');
  const fields = fieldsOf(name);
  const object: JsonObject = {};
  while (!reader.done) {
    const { field, wire } = reader.key();
    const known = fields.get(field);
    if (known) decodeField(object, known, { reader, wire, depth });
    else reader.skip(wire);
  }
  return object;
}

interface Position {
  readonly reader: Reader;
  readonly wire: number;
  readonly depth: number;
}

function decodeField(object: JsonObject, { name, shape, type }: Field, at: Position): void {
  if (shape === 'map') {
    const [key, value] = decodeEntry(new Reader(at.reader.bytes()), type, at.depth);
    const map = (object[name] ??= {}) as JsonObject;
    if (key !== '__proto__') map[key] = value;
    return;
  }
  const value = decodeValue(type, at);
  if (shape === 'list') ((object[name] ??= []) as unknown[]).push(value);
  else if (shape === 'inline') Object.assign(object, value);
  else if (shape === 'pointer' || !isEmpty(value)) object[name] = value;
}

function decodeEntry(reader: Reader, type: string, depth: number): [string, unknown] {
  let key = '';
  let value: unknown = '';
  while (!reader.done) {
    const { field, wire } = reader.key();
    if (field === 1) key = reader.bytes().toString();
    else if (field === 2) value = decodeValue(type, { reader, wire, depth });
    else reader.skip(wire);
  }
  return [key, value];
}

function decodeValue(type: string, { reader, wire, depth }: Position): unknown {
  switch (type) {
    case 'string':
      return reader.bytes().toString();
    case 'bytes':
      return reader.bytes().toString('base64');
    case 'int':
      return wire === 0 ? Number(reader.varint()) : reader.skip(wire);
    case 'bool':
      return reader.varint() !== 0n;
    case 'double':
      return reader.double();
    case 'time':
      return decodeTime(new Reader(reader.bytes()));
    case 'strings':
      return decodeStrings(new Reader(reader.bytes()));
    case 'quantity':
      return decodeStrings(new Reader(reader.bytes()))[0] ?? '0';
    case 'intorstring':
      return decodeIntOrString(new Reader(reader.bytes()));
    case 'fields':
    case 'rawextension':
      return decodeJson(new Reader(reader.bytes()));
    default:
      return decodeMessage(new Reader(reader.bytes()), type, depth + 1);
  }
}

function decodeTime(reader: Reader): string | undefined {
  let seconds = 0;
  let nanos = 0;
  while (!reader.done) {
    const { field, wire } = reader.key();
    if (field === 1) seconds = Number(reader.varint());
    else if (field === 2) nanos = Number(reader.varint());
    else reader.skip(wire);
  }
  // Go's zero time lies in year 1 and stands for none at all.
  if (seconds <= 0) return undefined;
  const text = new Date(seconds * 1000).toISOString().slice(0, 19);
  return nanos === 0 ? `${text}Z` : `${text}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z`;
}

function decodeStrings(reader: Reader): string[] {
  const strings: string[] = [];
  while (!reader.done) {
    const { field, wire } = reader.key();
    if (field === 1) strings.push(reader.bytes().toString());
    else reader.skip(wire);
  }
  return strings;
}

function decodeIntOrString(reader: Reader): number | string {
  let isString = false;
  let number = 0;
  let text = '';
  while (!reader.done) {
    const { field, wire } = reader.key();
    if (field === 1) isString = reader.varint() === 1n;
    else if (field === 2) number = Number(reader.varint());
    else if (field === 3) text = reader.bytes().toString();
    else reader.skip(wire);
  }
  return isString ? text : number;
}

function decodeJson(reader: Reader): unknown {
  const [text = ''] = decodeStrings(reader);
  return text === '' ? undefined : JSON.parse(text);
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === '' || value === 0 || value === false) return true;
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
