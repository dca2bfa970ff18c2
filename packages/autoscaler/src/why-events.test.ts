import type { CoreEvent, PodAutoscaler } from '@ebb/api';
import { describe, expect, it } from 'vitest';
import { formatTold, toldAsJson } from './why-events.ts';

const podAutoscaler: PodAutoscaler = {
  metadata: { name: 'web-00001', namespace: 'default' },
  spec: { scaleTargetRef: {} },
  status: { desiredScale: 3, actualScale: 2 },
};

const event = (reason: string, time: string, message: string, name = 'web-00001'): CoreEvent => ({
  metadata: {},
  involvedObject: { kind: 'PodAutoscaler', name, namespace: 'default' },
  reason,
  message,
  lastTimestamp: time,
});

const events = [
  event('ScaledUp', '2026-01-02T03:05:00Z', 'From 1 to 3 pods.'),
  event('ScaledUp', '2026-01-02T03:04:00Z', 'From 0 to 1 pod.'),
  event('ScaledUp', '2026-01-02T03:04:30Z', 'of another', 'other'),
  event('Other', '2026-01-02T03:04:30Z', 'of something else'),
];

describe('what Events tell', () => {
  it('is listed by time, under what the status says', () => {
    expect(formatTold({ podAutoscalers: [podAutoscaler], events }).split('\n')).toEqual([
      'default/web-00001: 3 wanted, 2 ready',
      '  2026-01-02T03:04:00.000Z  From 0 to 1 pod.',
      '  2026-01-02T03:05:00.000Z  From 1 to 3 pods.',
    ]);
  });

  it('of a time is the decision that was in force', () => {
    const at = (time: string): string =>
      formatTold({ podAutoscalers: [podAutoscaler], events, atMs: Date.parse(time) });
    expect(at('2026-01-02T03:04:59Z')).toContain('From 0 to 1 pod.');
    expect(at('2026-01-02T03:04:59Z')).not.toContain('From 1 to 3');
    expect(at('2026-01-01T00:00:00Z')).toContain('there was none');
  });

  it('leaves out what was about one of the same name before', () => {
    const now = { ...podAutoscaler, metadata: { ...podAutoscaler.metadata, uid: 'new' } };
    const about = (uid: string, message: string): CoreEvent => {
      const made = event('ScaledUp', '2026-01-02T03:04:00Z', message);
      return { ...made, involvedObject: { ...made.involvedObject, uid } };
    };
    const text = formatTold({ podAutoscalers: [now], events: [about('old', 'long ago'), about('new', 'just now')] });
    expect(text).toContain('just now');
    expect(text).not.toContain('long ago');
  });

  it('has warnings, such as of a class that there is not', () => {
    const warning = {
      ...event('UnknownClass', '2026-01-02T03:04:10Z', 'there is no class "foo" here'),
      type: 'Warning' as const,
    };
    expect(formatTold({ podAutoscalers: [podAutoscaler], events: [warning] })).toContain(
      'there is no class "foo" here',
    );
  });

  it('as JSON has what each decision stood on, as far as the Event has it', () => {
    const decision = { atMs: Date.parse('2026-01-02T03:04:05.678Z'), from: 1, to: 3, rule: 'stable-average' };
    const full = { ...event('ScaledUp', '2026-01-02T03:04:06Z', 'From 1 to 3 pods.') };
    full.metadata = { annotations: { 'ebb.dev/decision': JSON.stringify(decision) } };
    const broken = { ...event('ScaledDown', '2026-01-02T03:05:00Z', 'From 3 to 1 pods.') };
    broken.metadata = { annotations: { 'ebb.dev/decision': '{' } };
    expect(JSON.parse(toldAsJson({ podAutoscalers: [podAutoscaler], events: [broken, full] }))).toEqual([
      {
        namespace: 'default',
        revision: 'web-00001',
        wanted: 3,
        ready: 2,
        decisions: [
          { ...decision, words: 'From 1 to 3 pods.' },
          { atMs: Date.parse('2026-01-02T03:05:00Z'), words: 'From 3 to 1 pods.' },
        ],
      },
    ]);
  });
});
