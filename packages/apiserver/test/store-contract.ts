import { afterEach, describe, expect, it } from 'vitest';
import type { Store } from '../src/store/store.ts';

/** What every store promises. `makeStore` makes an empty one. */
export function describeStore(name: string, makeStore: () => Promise<Store>): void {
  describe(`${name}`, () => {
    let store: Store | undefined;
    afterEach(async () => {
      await store?.[Symbol.asyncDispose]();
    });

    it('begins empty, at revision 0', async () => {
      store = await makeStore();
      expect([...store.load()]).toEqual([]);
      expect(store.revision).toBe(0);
    });

    it('keeps the last value of each key, in the order of keys', async () => {
      store = await makeStore();
      await store.write({ key: 'b', value: () => '1', revision: 1 });
      await store.write({ key: 'a', value: () => '2', revision: 2 });
      await store.write({ key: 'b', value: () => '3', revision: 3 });
      expect([...store.load()]).toEqual([
        ['a', '2'],
        ['b', '3'],
      ]);
      expect(store.revision).toBe(3);
    });

    it('forgets what is removed, and keeps the revision of it', async () => {
      store = await makeStore();
      await store.write({ key: 'a', value: () => '1', revision: 1 });
      await store.write({ key: 'a', value: undefined, revision: 2 });
      expect([...store.load()]).toEqual([]);
      expect(store.revision).toBe(2);
    });

    it('takes many writes at once, and large ones', async () => {
      store = await makeStore();
      const written = store;
      const large = 'x'.repeat(1_500_000);
      const writes = Array.from({ length: 200 }, (_, i) =>
        Promise.resolve(
          written.write({
            key: `k${String(i).padStart(3, '0')}`,
            value: () => (i === 7 ? large : `${i}`),
            revision: i + 1,
          }),
        ),
      );
      await Promise.all(writes);
      const pairs = [...store.load()];
      expect(pairs).toHaveLength(200);
      expect(pairs[7]).toEqual(['k007', large]);
      expect(store.revision).toBe(200);
    });

    it('keeps settings apart from pairs', async () => {
      store = await makeStore();
      await store.putSetting('token', 'secret');
      expect(store.setting('token')).toBe('secret');
      expect(store.setting('other')).toBeUndefined();
      expect([...store.load()]).toEqual([]);
    });
  });
}
