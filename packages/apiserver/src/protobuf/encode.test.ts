import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Schema } from '@ebb/api';
import { builtinKinds } from '../builtin/kinds.ts';
import { classOf, schemaOfClass } from '../builtin/model-schema.ts';
import { classOfKind } from './classes.ts';
import { decodeKubernetesProtobuf } from './decode.ts';
import { encodeKubernetesProtobuf, encodeWatchEvent } from './encode.ts';
import { type Field, fieldsOf } from './fields.ts';

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'p',
    labels: { a: 'b', c: 'd' },
    creationTimestamp: '2026-01-02T03:04:05Z',
    generation: 3,
    ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'u', controller: true }],
    managedFields: [
      { manager: 'm', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: { 'f:spec': {} } },
    ],
  },
  spec: {
    terminationGracePeriodSeconds: 0,
    tolerations: [{ key: 'k', operator: 'Exists', tolerationSeconds: 300 }],
    containers: [
      {
        name: 'c',
        image: 'i',
        env: [{ name: 'E', valueFrom: { secretKeyRef: { name: 's', key: 'k', optional: false } } }],
        resources: { limits: { cpu: '500m' } },
        readinessProbe: { httpGet: { path: '/', port: 'http', scheme: 'HTTP' }, periodSeconds: 10 },
        ports: [{ name: 'http', containerPort: 80, protocol: 'TCP' }],
      },
    ],
  },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
};

describe('objects in protocol buffers', () => {
  it.each([
    pod,
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { a: 'AAEC' }, type: 'Opaque' },
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec: { ports: [{ port: 80, targetPort: 8080 }] } },
    {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'l' },
      spec: { renewTime: '2026-01-01T00:00:00.123456Z', leaseTransitions: 2 },
    },
    { apiVersion: 'v1', kind: 'Event', metadata: { name: 'e' }, involvedObject: { kind: 'Pod' }, count: 7 },
  ])('read back as they were: $kind', (object) => {
    const { env: _, ...read } = decodeKubernetesProtobuf(encodeKubernetesProtobuf(object));
    expect(withoutFalse(read)).toEqual(withoutFalse(object));
  });

  it('keeps any text and number', () => {
    const data = fc.dictionary(fc.string({ minLength: 1 }), fc.string(), { noNullPrototype: true });
    fc.assert(
      fc.property(data, fc.maxSafeInteger(), (map, generation) => {
        const clean = Object.fromEntries(Object.entries(map).filter(([key]) => key !== '__proto__'));
        const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', generation }, data: clean };
        const read = decodeKubernetesProtobuf(encodeKubernetesProtobuf(object)) as typeof object;
        expect(read.data ?? {}).toEqual(clean);
        expect(read.metadata.generation ?? 0).toBe(generation);
      }),
    );
  });

  it('has a number for every field of every kind that is served', () => {
    const lacking = builtinKinds.flatMap(({ group, version = 'v1', kind }) => {
      const className = classOfKind(group === '' ? version : `${group}/${version}`, kind);
      return className === undefined ? [] : unnumbered(schemaOfClass(className), new Set());
    });
    expect([...new Set(lacking)]).toEqual([]);
  });

  it('says the length of an event before it', () => {
    const frame = encodeWatchEvent('ADDED', pod);
    expect(frame.readUInt32BE()).toBe(frame.length - 4);
    expect(frame.includes('k8s\0')).toBe(true);
  });
});

/** Fields of a class and those below it that have no number. */
function unnumbered(schema: Schema, seen: Set<string>): string[] {
  const item =
    schema.items ?? (typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined);
  if (item) return unnumbered(item, seen);
  const className = classOf(schema.properties);
  if (className === undefined || seen.has(className)) return [];
  seen.add(className);
  const known = new Set(names(fieldsOf(className)));
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => [
    ...(known.has(name) || ['apiVersion', 'kind'].includes(name) ? [] : [`${className}.${name}`]),
    ...unnumbered(property, seen),
  ]);
}

function names(fields: ReadonlyMap<number, Field>): string[] {
  return [...fields.values()].flatMap((field) => (typeof field === 'string' ? [field] : names(field)));
}

/** On the wire `false` is the same as nothing. */
function withoutFalse(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, each: unknown) => (each === false ? undefined : each))) as unknown;
}
