/** The text of a byte stream with `prefix` before each line; a last line without an end gets one. */
export async function* prefixLines(stream: AsyncIterable<Uint8Array>, prefix: string): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (lines.length > 0) yield lines.map((line) => `${prefix}${line}\n`).join('');
  }
  rest += decoder.decode();
  if (rest !== '') yield `${prefix}${rest}\n`;
}
