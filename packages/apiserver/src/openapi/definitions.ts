import type { Schema } from '@ebb/api';
import { classOf, schemaOfClass } from '../builtin/model-schema.ts';
import type { ResourceInfo } from '../resource-info.ts';
import { definitionOfClass, packageOf, quantityDefinition } from './names.ts';

/** A schema as published: extensions and references besides what `Schema` has. */
export type PublishedSchema = Record<string, unknown>;

/** OpenAPI 3, or Swagger 2.0, which knows no alternatives and no null. */
export type Dialect = 'v3' | 'v2';

/**
 * Named schemas of a document. Kinds are added by `addKind`; what they refer to comes along, so that
 * each built-in type stands there once.
 */
export class Definitions {
  readonly schemas: Record<string, PublishedSchema> = {};
  readonly #dialect: Dialect;
  #package = '';

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  /** Adds a kind and its list, and returns the names of both. */
  addKind(info: ResourceInfo): { kind: string; list: string } {
    this.#package = packageOf(info);
    const kind = `${this.#package}.${info.kind}`;
    const list = `${this.#package}.${info.listKind}`;
    this.schemas[kind] = this.#publish(info.schema);
    if (info.verbs.includes('list')) this.schemas[list] = this.#listOf(info, kind);
    return { kind, list };
  }

  /** Adds the schema of a class, and returns its name. */
  addClass(className: string): string {
    const name = definitionOfClass(className, this.#package);
    if (!Object.hasOwn(this.schemas, name)) {
      this.schemas[name] = {};
      this.schemas[name] = this.#publish(schemaOfClass(className));
    }
    return name;
  }

  /** A reference to a named schema; whatever else is given stands beside it. */
  reference(name: string, { description }: Pick<Schema, 'description'> = {}): PublishedSchema {
    const $ref = this.#dialect === 'v3' ? `#/components/schemas/${name}` : `#/definitions/${name}`;
    const beside = description === undefined ? {} : { description };
    return this.#dialect === 'v3' && description !== undefined ? { ...beside, allOf: [{ $ref }] } : { ...beside, $ref };
  }

  #listOf({ group, version, listKind, kind }: ResourceInfo, name: string): PublishedSchema {
    const { apiVersion, kind: kindField } = schemaOfClass('V1Pod').properties ?? {};
    return {
      description: `${listKind} is a list of ${kind}`,
      type: 'object',
      required: ['items'],
      properties: {
        apiVersion,
        kind: kindField,
        metadata: this.reference(this.addClass('V1ListMeta'), { description: 'Standard list metadata.' }),
        items: { description: `List of ${kind}`, type: 'array', items: this.reference(name) },
      },
      'x-kubernetes-group-version-kind': [{ group, version, kind: listKind }],
    };
  }

  #publish(schema: Schema): PublishedSchema {
    const { properties, additionalProperties, items, ...rest } = schema;
    const published: PublishedSchema = this.#dialect === 'v3' ? { ...rest } : withoutAlternatives(rest);
    if (this.#dialect === 'v2' && schema['x-kubernetes-preserve-unknown-fields']) return published;
    if (properties) published['properties'] = mapValues(properties, (each) => this.#publishChild(each));
    if (typeof additionalProperties === 'object')
      published['additionalProperties'] = this.#publishChild(additionalProperties);
    else if (additionalProperties !== undefined) published['additionalProperties'] = additionalProperties;
    if (items) published['items'] = this.#publishChild(items);
    return published;
  }

  #publishChild(schema: Schema): PublishedSchema {
    const className = classOf(schema.properties);
    if (className !== undefined) return this.#referToClass(className, schema);
    if (schema.format === 'quantity') return this.reference(this.#addQuantity(), schema);
    if (this.#dialect === 'v2' && schema['x-kubernetes-int-or-string'])
      return { ...withoutAlternatives(schema), type: 'string', format: 'int-or-string' };
    return this.#publish(schema);
  }

  /** What is said of the class is said where it is defined. */
  #referToClass(className: string, schema: Schema): PublishedSchema {
    const { description } = schema;
    const ownWords = description !== undefined && description !== schemaOfClass(className).description;
    return this.reference(this.addClass(className), ownWords ? { description } : {});
  }

  #addQuantity(): string {
    this.schemas[quantityDefinition] = {
      description: 'An amount: a number with an optional suffix, such as 500m, 1.5, 2Gi or 1e3.',
      ...(this.#dialect === 'v3' ? { oneOf: [{ type: 'string' }, { type: 'number' }] } : { type: 'string' }),
    };
    return quantityDefinition;
  }
}

const v3Only = new Set(['anyOf', 'oneOf', 'allOf', 'not', 'nullable', 'x-kubernetes-int-or-string']);

function withoutAlternatives(schema: Schema): PublishedSchema {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !v3Only.has(key)));
}

function mapValues<T, U>(map: Record<string, T>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));
}
