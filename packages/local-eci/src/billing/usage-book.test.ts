import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@ebb/base';
import { FakeClock } from '@ebb/base/testing';
import { afterAll, describe, expect, it } from 'vitest';
import type { Usage } from './bill.ts';
import { type UsageBook, openUsageBook } from './usage-book.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'ebb-test-'));
afterAll(() => rmSync(dataDir, { recursive: true }));

const usage = (groupId: string, fromMs: number): Usage => ({
  groupId,
  zoneId: 'local-a',
  offer: { cpu: 1, memory: 2 },
  fromMs,
  namespace: 'default',
  pod: groupId,
  service: '',
  revision: '',
});

describe('the usage book', () => {
  it('knows after a kill what ran, until when it was seen alive', async () => {
    const clock = new FakeClock(1_000_000);
    const open = (): UsageBook => openUsageBook({ dataDir, max: 10, clock, logger: silentLogger });
    // Never disposed of: its process was killed.
    const killed = open();
    killed.note(usage('ended', 1_000_000));
    killed.note(usage('cut', 1_000_000));
    killed.note(usage('cut', 1_000_000));
    killed.note({ ...usage('ended', 1_000_000), untilMs: 1_002_000 });
    await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(5_500);
    appendFileSync(join(dataDir, 'usage.jsonl'), '{"ended":"cut","at', { flag: 'a' });
    // The write above touched the file; the clock's stamp is what counts.
    await clock.advance(1_000);
    using next = open();
    expect(next.earlier).toEqual([
      { ...usage('ended', 1_000_000), untilMs: 1_002_000 },
      { ...usage('cut', 1_000_000), untilMs: 1_006_000 },
    ]);
    expect(open().earlier).toEqual(next.earlier);
  });
});
