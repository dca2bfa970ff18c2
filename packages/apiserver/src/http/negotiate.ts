import { StatusError } from '@ebb/api';
import { kubernetesProtobuf } from '../protobuf/decode.ts';

/** In which form a client wants objects. */
export interface Encoding {
  readonly media: 'json' | 'yaml' | 'protobuf';
  /** The objects themselves, a table made of them, or only their metadata. */
  readonly as: 'object' | 'table' | 'metadata';
}

const plainJson: Encoding = { media: 'json', as: 'object' };

/**
 * The best form that an `Accept` header allows, in the order given. Throws `NotAcceptable` if there is none.
 * @param allowed Forms the endpoint has; others count as not asked for. `protobuf` says whether objects have that form
 *   too; tables and metadata never do.
 */
export function negotiate(
  accept: string | undefined,
  allowed: readonly Encoding['as'][] = ['object'],
  { protobuf = false }: { readonly protobuf?: boolean } = {},
): Encoding {
  if (accept === undefined || accept === '' || accept === 'application/json') return plainJson;
  for (const part of accept.split(',')) {
    const encoding = encodingOf(part);
    if (!encoding || !allowed.includes(encoding.as)) continue;
    if (encoding.media !== 'protobuf' || (protobuf && encoding.as === 'object')) return encoding;
  }
  const types = ['application/json', 'application/yaml', ...(protobuf ? [kubernetesProtobuf] : [])];
  const message = `406: Not Acceptable\n\nAvailable representations: ${types.join(', ')}`;
  throw new StatusError('NotAcceptable', message, { details: {} });
}

function encodingOf(part: string): Encoding | undefined {
  const [type = '', ...parameters] = part.split(';').map((each) => each.trim().toLowerCase());
  const media = mediaOf(type);
  if (!media) return undefined;
  const values = new Map(parameters.map((each) => each.split('=', 2) as [string, string]));
  const as = values.get('as');
  if (as === undefined) return { media, as: 'object' };
  if (values.get('g') !== 'meta.k8s.io' || values.get('v') !== 'v1') return undefined;
  if (as === 'table') return { media, as: 'table' };
  return as === 'partialobjectmetadata' || as === 'partialobjectmetadatalist' ? { media, as: 'metadata' } : undefined;
}

function mediaOf(type: string): Encoding['media'] | undefined {
  if (type === 'application/json' || type === '*/*' || type === 'application/*') return 'json';
  if (type === 'application/yaml') return 'yaml';
  return type === kubernetesProtobuf ? 'protobuf' : undefined;
}
