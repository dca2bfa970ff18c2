import type { Clock } from '@ebb/base';
import type { Eci } from '../eci/eci.ts';
import type { UsageLedger } from './ledger.ts';

type Listing = Pick<Eci, 'list' | 'describe' | 'statuses'>;

/** The same ECI, from whose answers about the groups of a node the ledger learns. */
export function watchedEci<Of extends Listing>(
  eci: Of,
  { ledger, node, clock }: { readonly ledger: UsageLedger; readonly node: string; readonly clock: Clock },
): Of {
  const listed = (ids: readonly (string | undefined)[]): void =>
    ledger.listed(node, new Set(ids.map((id = '') => id)), clock.now());
  return {
    ...eci,
    list: async (tags) => {
      const groups = await eci.list(tags);
      ledger.seen(groups);
      listed(groups.map(({ containerGroupId }) => containerGroupId));
      return groups;
    },
    describe: async (ids) => {
      const groups = await eci.describe(ids);
      ledger.seen(groups);
      const present = new Set(groups.map(({ containerGroupId }) => containerGroupId));
      ledger.missed(
        ids.filter((id) => !present.has(id)),
        clock.now(),
      );
      return groups;
    },
    statuses: async (tags, options) => {
      const statuses = await eci.statuses(tags, options);
      if (options?.sinceSeconds === undefined) listed(statuses.map(({ id }) => id));
      return statuses;
    },
  };
}
