import { badAnswer } from './error.ts';

/** One answer of an action that lists, as the SDK gives it. */
export interface Page<Item> {
  /** Absent from an answer that is not ECI's, or not all of it. */
  readonly items: readonly Item[] | undefined;
  readonly totalCount: number | undefined;
  readonly nextToken: string | undefined;
}

/** More pages than an account can have groups for: the end is not told. */
const maxPages = 10_000;

/**
 * Asks for one page after the other. Rejects with `EciError` if one of them lacks its list, or they do not come to an end: what is
 * not known must not be taken for what is not there.
 */
export async function readPages<Item>(ask: (nextToken: string | undefined) => Promise<Page<Item>>): Promise<Item[]> {
  const found: Item[] = [];
  const seen = new Set<string>();
  let nextToken: string | undefined;
  do {
    const page = await ask(nextToken);
    found.push(...itemsOf(page));
    nextToken = page.nextToken;
    if (nextToken && (seen.has(nextToken) || seen.size >= maxPages)) {
      throw badAnswer(`its pages have no end: NextToken ${nextToken.slice(0, 40)} came again`);
    }
    if (nextToken) seen.add(nextToken);
  } while (nextToken);
  return found;
}

/** The list of an answer. Throws `EciError` if it is not there. */
export function itemsOf<Item>({ items, totalCount }: Omit<Page<Item>, 'nextToken'>): readonly Item[] {
  if (items) return items;
  if (totalCount === 0) return [];
  throw badAnswer('it lacks the list that was asked for');
}
