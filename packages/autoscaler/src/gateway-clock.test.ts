import { describe, expect, it } from 'vitest';
import { GatewayClock } from './gateway-clock.ts';

const hour = 3_600_000;

/** When reports, as `[stamp, arrival]`, were made. */
const madeAt = (...reports: readonly (readonly [number, number])[]): readonly number[] => {
  const clock = new GatewayClock();
  return reports.map(([atMs, nowMs]) => clock.madeAt(atMs, nowMs));
};

describe('GatewayClock', () => {
  it('takes the time of arrival for reports that come in time, however far off the gateway’s clock is', () => {
    expect(madeAt([1000, 1010], [2000, 2200])).toEqual([1010, 2200]);
    expect(madeAt([1000 + hour, 1010], [2000 + hour, 2200])).toEqual([1010, 2200]);
  });

  it('dates back what was held up on the way', () => {
    const [, late] = madeAt([1000, 1010], [2000, 9010]);
    expect(late).toBeCloseTo(2010, -3);
  });

  it('survives a gateway’s clock that jumps ahead or back', () => {
    expect(madeAt([1000, 1010], [2000 + hour, 2010], [3000 + hour, 3010])).toEqual([1010, 2010, 3010]);
    expect(madeAt([1000 + hour, 1010], [2000, 2010], [3000, 3010])).toEqual([1010, 2010, 3010]);
  });
});
