import { expect, it } from 'vitest';
import { parseLeaseTiming } from './lease-timing.ts';

it.each([
  [undefined, [15, 10, 2]],
  [{}, [15, 10, 2]],
  [{ 'lease-duration': '60s', 'renew-deadline': '40s', 'retry-period': '10s', buckets: '1' }, [60, 40, 10]],
  [{ 'lease-duration': '1m' }, [60, 10, 2]],
  [{ 'lease-duration': '15.5s' }, [16, 10, 2]],
])('reads %j', (data, [leaseDurationSeconds, renewDeadlineSeconds, retryPeriodSeconds]) => {
  expect(parseLeaseTiming(data)).toEqual({ leaseDurationSeconds, renewDeadlineSeconds, retryPeriodSeconds });
});

it.each([
  [{ 'lease-duration': 'soon' }, 'config-leader-election: lease-duration = soon, must be a duration'],
  [{ 'retry-period': '0s' }, 'retry-period = 0s, must be a second or more'],
  [{ 'lease-duration': '5s' }, 'longer than renew-deadline'],
  [{ 'retry-period': '12s' }, 'longer than retry-period'],
])('refuses %j', (data, message) => {
  expect(() => parseLeaseTiming(data)).toThrow(message);
});
