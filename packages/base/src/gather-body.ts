export interface GatherOptions {
  readonly maxBytes: number;
  /** What is thrown as soon as there are more. */
  readonly tooMuch: () => Error;
}

/** The whole body of a message; one that says in its head that it is too large is not read. */
export async function gatherBody(
  message: AsyncIterable<Uint8Array> & { readonly headers: { readonly 'content-length'?: string | undefined } },
  { maxBytes, tooMuch }: GatherOptions,
): Promise<Buffer> {
  if (Number(message.headers['content-length'] ?? 0) > maxBytes) throw tooMuch();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of message) {
    size += chunk.length;
    if (size > maxBytes) throw tooMuch();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
