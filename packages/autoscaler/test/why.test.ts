import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerWhy, formatWhy } from '../src/index.ts';
import { type Decision, explain, takeAgain } from '../src/pure.ts';
import { type RevisionWhy, whyOf } from '../src/why.ts';
import { Story, type StoryOptions, podAutoscalerOf } from './scaler-world.ts';

const last = (story: Story): Decision => story.scaler.decisions.last!;

/** What is kept of a decision, as it comes out of JSON. */
const throughJson = (decision: Decision): Decision => JSON.parse(JSON.stringify(decision)) as Decision;

describe('a decision', () => {
  it('keeps what was seen, each rule that changed it in order, and the one that bound', async () => {
    const story = new Story({ annotations: { target: '10', 'max-scale': '8' } });
    await story.pass(4, () => ({ averageConcurrency: 70 }));
    expect(last(story)).toMatchObject({
      from: 1,
      to: 8,
      rule: 'max-scale',
      account: { class: 'kpa', observed: { ready: 1, stable: 70, panic: 70 }, spec: { targetValue: 7 } },
      steps: [
        { rule: 'stable-average', scale: 10 },
        { rule: 'max-scale', scale: 8 },
      ],
    });
    expect(explain(last(story))).toBe(
      'From 1 to 8 pods. 70 requests at a time on average over 60 s, 70 over 6 s, 7 aimed at per pod, 1 ready. ' +
        'The long average asks for 10; the maximum is 8. In panic no pod is taken away.',
    );
  });

  it.each<[string, StoryOptions, RegExp]>([
    ['the initial scale', { annotations: { 'initial-scale': '3' } }, /the initial scale is 3/],
    ['the minimum', { annotations: { 'min-scale': '2' } }, /the minimum is 2/],
  ])('tells of %s', (_what, options, words) => {
    const story = new Story(options);
    story.replicas.target = 0;
    story.scaler.step(story.clock.now());
    expect(explain(last(story))).toMatch(words);
  });

  it('is the first about a new revision, that it get its initial scale', () => {
    const [first] = new Story({ annotations: { 'initial-scale': '3' } }).scaler.decisions.list();
    expect(first && explain(first)).toBe('3 pods to begin with. The initial scale is 3.');
    const status = { desiredScale: 2, conditions: [{ type: 'Active', status: 'True' as const }] };
    expect(new Story({ status, ready: 2 }).scaler.decisions.list().map(({ from }) => from)).toEqual([2]);
  });

  it('tells of the way to zero', async () => {
    const story = new Story({ annotations: { window: '6s' } });
    await story.pass(30);
    expect(explain(last(story))).toMatch(/^From 1 to 0 pods\. 0 requests at a time .* The long average asks for 0\./);
  });

  it('is not noted where nothing changes', async () => {
    const story = new Story({ annotations: { target: '10' } });
    await story.pass(200, () => ({ averageConcurrency: 5 }));
    expect(story.scaler.decisions.list().length).toBeLessThan(4);
  });

  it('comes out the same when it is taken again from what is kept, through JSON', async () => {
    const load = fc.array(fc.nat({ max: 300 }), { minLength: 20, maxLength: 60 });
    const annotations = fc.constantFrom<Record<string, string>>(
      {},
      { target: '10', 'max-scale': '12', 'min-scale': '2' },
      { target: '5', 'scale-down-delay': '10s', window: '6s' },
      { metric: 'rps', target: '5', window: '6s', 'activation-scale': '3' },
      { target: '10', 'ebb.dev/panic-while-rising': 'true', 'ebb.dev/count-starting-pods': 'true' },
      { class: 'mpa.autoscaling.knative.dev', window: '6s' },
      { 'ebb.dev/schedule': '* * * * * min 3 max 9', target: '10' },
    );
    await fc.assert(
      fc.asyncProperty(annotations, load, async (given, loads) => {
        const story = new Story({ annotations: given, startMs: 3000 });
        await story.pass(loads.length, (second) => {
          const averageConcurrency = loads[second] ?? 0;
          return { averageConcurrency, requestCount: averageConcurrency, waiting: averageConcurrency % 7 };
        });
        for (const decision of story.scaler.decisions.list()) {
          const { to, steps } = takeAgain(throughJson(decision));
          expect(to ?? decision.from).toBe(decision.to);
          expect(steps).toEqual(decision.steps);
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('the history of decisions', () => {
  it('is bounded', async () => {
    const annotations = { class: 'mpa.autoscaling.knative.dev', window: '6s' };
    const story = new Story({ annotations, containerConcurrency: 1 });
    await story.pass(2000, (second) => ({ waiting: 1 + (Math.floor(second / 10) % 2) * 50, averageConcurrency: 1 }));
    expect(story.scaler.decisions.list()).toHaveLength(64);
  });

  it('tells which decision was in force at a time', async () => {
    const story = new Story({ annotations: { target: '10' } });
    const start = story.clock.now();
    await story.pass(10, () => ({ averageConcurrency: 70 }));
    await story.pass(10, () => ({ averageConcurrency: 7000 }));
    expect(story.scaler.decisions.at(start + 9000)?.to).toBe(10);
    expect(story.scaler.decisions.at(start - 1)).toBeUndefined();
  });
});

describe('asking why', () => {
  const answer = (url: string, found: readonly RevisionWhy[] = []): { status: number; body: string; atMs?: number } => {
    let asked: number | undefined;
    let [status, body] = [0, ''];
    const response = {
      writeHead: (code: number) => {
        status = code;
        return response;
      },
      end: (text: string) => {
        body = text;
        return response;
      },
    };
    const ask = ({ atMs }: { atMs?: number | undefined }): readonly RevisionWhy[] => {
      asked = atMs;
      return found;
    };
    const isAnswered = answerWhy(ask, { method: 'GET', url }, response as never);
    return { status: isAnswered ? status : -1, body, ...(asked === undefined ? {} : { atMs: asked }) };
  };

  it('over HTTP gives JSON, or says what is wrong', async () => {
    const story = new Story();
    await story.pass(4, () => ({ averageConcurrency: 500 }));
    const why = [whyOf(podAutoscalerOf({}), story.scaler)];
    expect(JSON.parse(answer('/why/default/web', why).body)).toEqual(JSON.parse(JSON.stringify(why)));
    expect(answer('/why/default/web?at=2026-01-01T00:00:00Z', why).atMs).toBe(Date.parse('2026-01-01T00:00:00Z'));
    expect(answer('/why/default/web').status).toBe(404);
    expect(answer('/why/default/web?at=noon').status).toBe(400);
    expect(answer('/stats').status).toBe(-1);
  });

  it('survives whatever is asked for', () => {
    const url = fc.oneof(
      fc.string(),
      fc.webPath(),
      fc.string().map((text) => `/why/default/${text}`),
    );
    fc.assert(fc.property(url, (text) => [-1, 400, 404].includes(answer(text).status)));
  });

  it('in a terminal gives a line for each decision', async () => {
    const story = new Story({ annotations: { target: '10' } });
    await story.pass(4, () => ({ averageConcurrency: 70 }));
    const text = formatWhy([whyOf(podAutoscalerOf({}), story.scaler)]);
    expect(text).toMatch(/^default\/web: 10 wanted, 10 ready/);
    expect(text).toMatch(/\n {2}2023-11-14T22:13:2\d.000Z {2}From 1 to 10 pods\./);
    const before = formatWhy([whyOf(podAutoscalerOf({}), story.scaler, 0)]);
    expect(before).toContain('nothing was decided at that time');
  });
});
