/**
 * Orders a merged list as `$setElementOrder` asks (strategic merge patch): items named in `wanted` stand in that order; the
 * others keep theirs, and go before the first later item of `wanted` that stood behind them in `original`. All lists hold
 * the identities of items.
 */
export function orderElements(
  merged: readonly string[],
  wanted: readonly string[],
  original: readonly string[],
): readonly string[] {
  const present = new Set(merged);
  const named = new Set(wanted);
  const place = new Map(original.map((item, index) => [item, index]));
  const placeOf = (item: string): number => place.get(item) ?? -1;
  const result = [...named].filter((item) => present.has(item));
  const others = merged.filter((item) => !named.has(item)).toSorted((a, b) => placeOf(a) - placeOf(b));
  let from = 0;
  for (const item of others) {
    let at = from;
    while (at < result.length && placeOf(result[at] ?? '') <= placeOf(item)) at++;
    result.splice(at, 0, item);
    from = at + 1;
  }
  return result;
}
