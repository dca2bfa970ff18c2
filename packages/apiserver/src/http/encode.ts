import type { KubernetesObject } from '@ebb/api';
import { type Call, apiVersionOfInfo } from '../rest/call.ts';
import type { Page } from '../rest/snapshots.ts';
import type { StoredObject } from '../store/stored-object.ts';
import { toTable } from '../table/table.ts';
import type { Encoding } from './negotiate.ts';

const metaVersion = 'meta.k8s.io/v1';

/** One object as JSON in the form asked for. */
export function encodeObject(call: Call, stored: StoredObject, { as }: Encoding, now: number): string {
  if (as === 'object') return stored.jsonAs(apiVersionOfInfo(call.info));
  if (as === 'metadata') return JSON.stringify(partial(stored.object));
  const { resourceVersion = '' } = stored.object.metadata;
  return encodeTable(call, [stored], { resourceVersion }, now);
}

/** A list as JSON in the form asked for. Items of built-in kinds do not repeat their kind. */
export function encodeList(call: Call, { objects, metadata }: Page, { as }: Encoding, now: number): string {
  if (as === 'table') return encodeTable(call, objects, metadata, now);
  const { info } = call;
  const meta = JSON.stringify(metadata);
  if (as === 'metadata') {
    const items = objects.map(({ object }) => JSON.stringify(partial(object))).join(',');
    return `{"kind":"PartialObjectMetadataList","apiVersion":"${metaVersion}","metadata":${meta},"items":[${items}]}`;
  }
  const apiVersion = apiVersionOfInfo(info);
  const items = objects.map((stored) => (info.builtin ? stored.bareJson() : stored.jsonAs(apiVersion))).join(',');
  return `{"kind":${JSON.stringify(info.listKind)},"apiVersion":${JSON.stringify(apiVersion)},"metadata":${meta},"items":[${items}]}`;
}

function encodeTable(call: Call, objects: readonly StoredObject[], list: Page['metadata'], now: number): string {
  const apiVersion = apiVersionOfInfo(call.info);
  return JSON.stringify(
    toTable(
      call.info,
      objects.map((stored) => stored.as(apiVersion)),
      { now, includeObject: includedObject(call.query), list },
    ),
  );
}

function includedObject(query: URLSearchParams): 'None' | 'Metadata' | 'Object' {
  const asked = query.get('includeObject');
  return asked === 'None' || asked === 'Object' ? asked : 'Metadata';
}

function partial({ metadata }: KubernetesObject): object {
  return { kind: 'PartialObjectMetadata', apiVersion: metaVersion, metadata };
}
