import type { RemoteKubeClient } from '@ebb/kube';

/** A GET whose whole body is wanted, as JSON. */
export async function getJson<T>(
  client: RemoteKubeClient,
  path: string,
  options: { readonly accept?: string; readonly signal?: AbortSignal } = {},
): Promise<T> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of client.stream(path, options)) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as T;
}
