import { MessageWriter } from '../protobuf/writer.ts';
import { isObject, type JsonObject, numberOf, objectOf, objectsOf, stringOf } from '../schema/json.ts';

/**
 * A Swagger 2.0 document in the protocol buffers of gnostic's `OpenAPIv2.proto`: the only form in which kubectl up to
 * 1.28 takes it. Written is what such clients read: definitions, and paths with their operations and parameters.
 */
export function encodeSwagger(document: object): Buffer {
  const { swagger, info, paths, definitions } = document as JsonObject;
  const { title, version } = objectOf(info);
  return new MessageWriter()
    .text(1, stringOf(swagger))
    .message(2, new MessageWriter().text(1, stringOf(title)).text(2, stringOf(version)))
    .message(8, new MessageWriter().messages(2, named(paths, pathItem)))
    .message(9, new MessageWriter().messages(1, named(definitions, schema)))
    .finish();
}

/** The entries of a map, each as a message of name and value. */
function named(map: unknown, write: (value: JsonObject) => MessageWriter): MessageWriter[] {
  return Object.entries(objectOf(map)).map(([name, value]) =>
    new MessageWriter().text(1, name).message(2, write(objectOf(value))),
  );
}

/** Values of any type travel as YAML, of which JSON is a part. */
function anyValue(value: unknown): MessageWriter | undefined {
  return value === undefined ? undefined : new MessageWriter().text(2, JSON.stringify(value));
}

function extensions(object: JsonObject): MessageWriter[] {
  return Object.entries(object)
    .filter(([key]) => key.startsWith('x-'))
    .map(([key, value]) => new MessageWriter().text(1, key).message(2, anyValue(value)));
}

function schema(object: JsonObject): MessageWriter {
  const { additionalProperties, items, properties } = object;
  return new MessageWriter()
    .text(1, optionalText(object['$ref']))
    .text(2, optionalText(object['format']))
    .text(4, optionalText(object['description']))
    .message(5, anyValue(object['default']))
    .double(7, numberOf(object['maximum']))
    .double(9, numberOf(object['minimum']))
    .texts(19, textsOf(object['required']))
    .messages(20, Array.isArray(object['enum']) ? object['enum'].flatMap((each) => anyValue(each) ?? []) : [])
    .message(21, additional(additionalProperties))
    .message(22, typeof object['type'] === 'string' ? new MessageWriter().text(1, object['type']) : undefined)
    .message(23, isObject(items) ? new MessageWriter().message(1, schema(items)) : undefined)
    .message(25, isObject(properties) ? new MessageWriter().messages(1, named(properties, schema)) : undefined)
    .messages(31, extensions(object));
}

function additional(value: unknown): MessageWriter | undefined {
  if (isObject(value)) return new MessageWriter().message(1, schema(value));
  return typeof value === 'boolean' ? new MessageWriter().flag(2, value) : undefined;
}

const methods = { get: 2, put: 3, post: 4, delete: 5, patch: 8 };

function pathItem(object: JsonObject): MessageWriter {
  const item = new MessageWriter();
  for (const [method, field] of Object.entries(methods)) {
    const found = object[method];
    if (isObject(found)) item.message(field, operation(found));
  }
  return item.messages(9, objectsOf(object['parameters']).map(parameter)).messages(10, extensions(object));
}

function operation(object: JsonObject): MessageWriter {
  const responses = Object.entries(objectOf(object['responses'])).map(([code, response]) =>
    new MessageWriter().text(1, code).message(2, new MessageWriter().message(1, describedSchema(objectOf(response)))),
  );
  return new MessageWriter()
    .text(5, stringOf(object['operationId']))
    .texts(7, textsOf(object['consumes']))
    .messages(8, objectsOf(object['parameters']).map(parameter))
    .message(9, new MessageWriter().messages(1, responses))
    .messages(13, extensions(object));
}

function describedSchema(response: JsonObject): MessageWriter {
  const body = new MessageWriter().message(1, schema(objectOf(response['schema'])));
  return new MessageWriter().text(1, stringOf(response['description'])).message(2, body);
}

function parameter(object: JsonObject): MessageWriter {
  const where = stringOf(object['in']);
  const wrapped = new MessageWriter();
  if (where === 'body') wrapped.message(1, bodyParameter(object));
  else wrapped.message(2, new MessageWriter().message(where === 'query' ? 3 : 4, plainParameter(object, where)));
  return new MessageWriter().message(1, wrapped);
}

function bodyParameter(object: JsonObject): MessageWriter {
  return new MessageWriter()
    .text(2, stringOf(object['name']))
    .text(3, 'body')
    .flag(4, object['required'] === true)
    .message(5, schema(objectOf(object['schema'])));
}

function plainParameter(object: JsonObject, where: string): MessageWriter {
  return new MessageWriter()
    .flag(1, object['required'] === true)
    .text(2, where)
    .text(3, optionalText(object['description']))
    .text(4, stringOf(object['name']))
    .text(where === 'query' ? 6 : 5, stringOf(object['type']));
}

function optionalText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
