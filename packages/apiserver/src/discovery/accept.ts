/**
 * The first of the `offered` media types that an `Accept` header asks for, in the header's order; `undefined` if it asks
 * for none of them. A type without parameters, `*` or no header at all take the first offer that has none.
 */
export function negotiate(accept: string | undefined, offered: readonly string[]): string | undefined {
  const plain = offered.find((each) => !each.includes(';'));
  if (accept === undefined || accept.trim() === '') return plain;
  for (const range of accept.split(',')) {
    const { type, parameters } = parse(range);
    if (type === '*/*' || type === 'application/*') return plain;
    const match = offered.find((each) => {
      const offer = parse(each);
      return offer.type === type && sameParameters(offer.parameters, parameters);
    });
    if (match !== undefined) return match;
  }
  return undefined;
}

interface MediaType {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

function parse(text: string): MediaType {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim());
  const pairs = parameters.map((parameter) => {
    const [name = '', value = ''] = parameter.split('=');
    return [name.trim().toLowerCase(), value.trim()] as const;
  });
  return { type: type.toLowerCase(), parameters: new Map(pairs) };
}

/** Weights and character sets are not part of the type. */
function sameParameters(offer: ReadonlyMap<string, string>, asked: ReadonlyMap<string, string>): boolean {
  const wanted = [...asked].filter(([name]) => name !== 'q' && name !== 'charset');
  return wanted.length === offer.size && wanted.every(([name, value]) => offer.get(name) === value);
}
