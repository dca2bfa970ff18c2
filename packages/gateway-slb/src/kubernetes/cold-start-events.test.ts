import { expect, it } from 'vitest';
import { serverTiming } from '../http/server-timing.ts';
import { formatColdStart, readColdStart } from './cold-start-events.ts';

const accepted = Date.UTC(2026, 0, 2, 3, 4, 5, 6);
const instance = { decided: accepted + 2, created: accepted - 5.5, seen: accepted + 4, started: accepted + 300.25 };
const coldStart = {
  revision: 'default/hello-00001',
  pod: 'hello-00001-x',
  waiting: 3,
  accepted,
  queued: accepted,
  instance,
  granted: accepted + 310,
  firstByte: accepted + 315.5,
};

it('tells of a cold start in words that can be read back', () => {
  const message = formatColdStart('gateway-1', coldStart);
  expect(message).toBe(
    'hello-00001-x answered after 315.5 ms; accepted 2026-01-02T03:04:05.006Z by gateway-1, 3 waiting; ms: queued +0.0, decided +2.0, created -5.5, seen +4.0, started +300.3, granted +310.0, first byte +315.5',
  );
  const involvedObject = { kind: 'Revision', namespace: 'default', name: 'hello-00001' };
  expect(readColdStart({ metadata: {}, involvedObject, reason: 'ColdStarted', message })).toEqual({
    gateway: 'gateway-1',
    pod: 'hello-00001-x',
    waiting: 3,
    accepted,
    steps: { queued: 0, decided: 2, created: -5.5, seen: 4, started: 300.3, granted: 310, 'first byte': 315.5 },
  });
  expect(readColdStart({ metadata: {}, involvedObject, reason: 'Else', message })).toBeUndefined();
  expect(readColdStart({ metadata: {}, involvedObject, reason: 'ColdStarted', message: 'else' })).toBeUndefined();
});

it('leaves out of Server-Timing what was before the request', () => {
  expect(serverTiming(accepted, instance, accepted + 320)).toBe(
    'decided;dur=2.0, seen;dur=4.0, started;dur=300.3, first-byte;dur=320.0',
  );
});
