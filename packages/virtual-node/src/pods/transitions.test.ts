import { describe, expect, it } from 'vitest';
import type { ContainerGroup } from '../eci/eci.ts';
import { newEvents } from './transitions.ts';

type GroupEvent = NonNullable<ContainerGroup['events']>[number];

const event = (reason: string, count: number): GroupEvent =>
  ({ type: 'Warning', reason, message: 'm', count }) as GroupEvent;

describe('newEvents', () => {
  it.each([
    ['a new one', [], [event('Unhealthy', 1)], 1],
    ['one that came again', [event('Unhealthy', 1)], [event('Unhealthy', 2)], 1],
    ['none that was told before', [event('Unhealthy', 2)], [event('Unhealthy', 2)], 0],
    ['none that the status shows anyway', [], [event('Started', 1), event('BackOff', 1)], 0],
  ])('passes on %s', (_what, before, after, count) => {
    expect(newEvents(before, after)).toHaveLength(count);
  });
});
