import type { Schema } from '@ebb/api';
import { classOf, schemaOfClass } from '../builtin/model-schema.ts';
import { isObject, type JsonObject, objectsOf, stringOf } from '../schema/json.ts';
import { classOfKind } from './classes.ts';
import { type Field, fieldsOf } from './fields.ts';
import { MessageWriter } from './writer.ts';

const magic = Buffer.from('k8s\0');

/**
 * An object, list or Status in Kubernetes' form of protocol buffers: what decoders of Go clients read. Throws if its kind
 * has no such form; `negotiate` never asks for that.
 */
export function encodeKubernetesProtobuf(object: JsonObject): Buffer {
  const apiVersion = stringOf(object['apiVersion']);
  const kind = stringOf(object['kind']);
  const type = new MessageWriter().text(1, apiVersion).text(2, kind);
  const envelope = new MessageWriter().message(1, type).message(2, messageOfKind(object, apiVersion, kind));
  return Buffer.concat([magic, envelope.text(3, '').text(4, '').finish()]);
}

/** One event of a watch, with the length before it that tells it from the next. */
export function encodeWatchEvent(type: string, object: JsonObject): Buffer {
  const raw = new MessageWriter().bytes(1, encodeKubernetesProtobuf(object));
  const event = new MessageWriter().text(1, type).message(2, raw).finish();
  const length = Buffer.alloc(4);
  length.writeUInt32BE(event.length);
  return Buffer.concat([length, event]);
}

function messageOfKind(object: JsonObject, apiVersion: string, kind: string): MessageWriter {
  const className = classOfKind(apiVersion, kind);
  if (className !== undefined) return encodeMessage(object, schemaOfClass(className));
  const ofItems = kind.endsWith('List') ? classOfKind(apiVersion, kind.slice(0, -'List'.length)) : undefined;
  if (ofItems === undefined) throw new Error(`${kind} of ${apiVersion} has no form in protocol buffers`);
  const list = new MessageWriter().message(1, encodeMessage(metadataOf(object), schemaOfClass('V1ListMeta')));
  const schema = schemaOfClass(ofItems);
  return list.messages(
    2,
    objectsOf(object['items']).map((item) => encodeMessage(item, schema)),
  );
}

const metadataOf = ({ metadata }: JsonObject): JsonObject => (isObject(metadata) ? metadata : {});

function encodeMessage(object: JsonObject, schema: Schema): MessageWriter {
  return encodeFields(new MessageWriter(), object, schema, fieldsOf(classOf(schema.properties) ?? ''));
}

function encodeFields(
  writer: MessageWriter,
  object: JsonObject,
  schema: Schema,
  fields: ReadonlyMap<number, Field>,
): MessageWriter {
  for (const [number, field] of fields) {
    if (typeof field !== 'string') {
      writer.message(number, encodeFields(new MessageWriter(), object, schema, field));
      continue;
    }
    const value = Object.hasOwn(object, field) ? object[field] : undefined;
    const property = schema.properties?.[field];
    if (value !== undefined && value !== null && property) encodeField(writer, number, value, property);
  }
  return writer;
}

function encodeField(writer: MessageWriter, number: number, value: unknown, schema: Schema): void {
  if (schema.type === 'array') {
    for (const item of Array.isArray(value) ? (value as unknown[]) : [])
      encodeValue(writer, number, item, schema.items ?? {});
  } else if (typeof schema.additionalProperties === 'object') {
    for (const [key, item] of Object.entries(isObject(value) ? value : {})) {
      const entry = new MessageWriter().text(1, key);
      encodeValue(entry, 2, item, schema.additionalProperties);
      writer.message(number, entry);
    }
  } else encodeValue(writer, number, value, schema);
}

function encodeValue(writer: MessageWriter, number: number, value: unknown, schema: Schema): void {
  if (schema['x-kubernetes-preserve-unknown-fields']) {
    writer.message(number, new MessageWriter().text(1, JSON.stringify(value)));
    return;
  }
  if (schema['x-kubernetes-int-or-string']) {
    writer.message(
      number,
      schema.format === 'quantity' ? new MessageWriter().text(1, String(value as string)) : intOrString(value),
    );
    return;
  }
  switch (schema.type) {
    case 'integer':
      writer.signed(number, Number(value));
      return;
    case 'number':
      writer.double(number, Number(value));
      return;
    case 'boolean':
      writer.flag(number, value === true);
      return;
    case 'string':
      encodeString(writer, number, String(value as string), schema.format);
      return;
    case 'array': {
      // A list as the value of a map is wrapped in a message of its own.
      const list = new MessageWriter();
      encodeField(list, 1, value, schema);
      writer.message(number, list);
      return;
    }
    default:
      writer.message(number, encodeMessage(isObject(value) ? value : {}, schema));
  }
}

function encodeString(writer: MessageWriter, number: number, text: string, format: string | undefined): void {
  if (format === 'byte') writer.bytes(number, Buffer.from(text, 'base64'));
  else if (format === 'date-time') writer.message(number, timeOf(text));
  else writer.text(number, text);
}

/** Seconds and nanoseconds; a time that is none stays empty. */
function timeOf(text: string): MessageWriter {
  const milliseconds = Date.parse(text);
  if (Number.isNaN(milliseconds)) return new MessageWriter();
  const nanos = Number((/\.(\d{1,9})/.exec(text)?.[1] ?? '').padEnd(9, '0'));
  return new MessageWriter().signed(1, Math.floor(milliseconds / 1000)).signed(2, nanos);
}

function intOrString(value: unknown): MessageWriter {
  return typeof value === 'number'
    ? new MessageWriter().integer(1, 0).signed(2, value).text(3, '')
    : new MessageWriter()
        .integer(1, 1)
        .integer(2, 0)
        .text(3, String(value as string));
}
