import { crc32 } from 'node:zlib';
import { configMapParser } from '../config/serving-config.ts';
import type { ConfigMap } from '../core.ts';
import { keys, systemNamespace } from '../keys.ts';

const components: ReadonlySet<string> = new Set([
  'autoscaler',
  'controller',
  'logging',
  'networking',
  'observability',
  'tracing',
  'net-certmanager',
]);

/**
 * Throws an `Error` that says what is wrong with a ConfigMap of Knative's (serving-api.md, section 2); lets all others pass. Knative
 * looks only at those with its labels; here a known name in the system namespace is enough, since people write them by hand.
 */
export function checkConfigMap({ metadata, data = {} }: ConfigMap): void {
  const parse = configMapParser(metadata.name ?? '');
  if (!parse || !(metadata.namespace === systemNamespace || isLabelled(metadata.labels))) return;
  checkExample(data['_example'], metadata.annotations?.[keys.exampleChecksum]);
  parse(data);
}

function isLabelled(labels: Readonly<Record<string, string>> = {}): boolean {
  const component = labels['app.kubernetes.io/component'] ?? '';
  return labels['app.kubernetes.io/name'] === 'knative-serving' && components.has(component);
}

/** Edits within `_example` do nothing, which surprises whoever made them. */
function checkExample(example: string | undefined, checksum: string | undefined): void {
  if (example === undefined || checksum === undefined || checksum === exampleChecksum(example)) return;
  throw new Error(
    `the "_example" value has changed, which has no effect (its checksum is ${exampleChecksum(example)}, ` +
      `not ${checksum}): copy the lines you want out of "_example" and edit them there`,
  );
}

/** The checksum Knative writes beside an example: CRC-32 in eight hex digits. */
export function exampleChecksum(example: string): string {
  const oneLine = example.trim().replaceAll(/[\r\n]+/g, '\\n');
  return crc32(oneLine).toString(16).padStart(8, '0');
}
