import type { Condition, KubernetesObject } from '@ebb/api';
import { expect, test } from 'vitest';
import { conditionOf, createConditionManager, isFailed, isReady } from './conditions.ts';

const set = { happy: 'Ready', dependents: ['Beds', 'Arms'] };
const earlier = '2026-01-01T00:00:00Z';
const now = Date.parse('2026-01-01T00:01:00.700Z');
const later = '2026-01-01T00:01:00Z';

const condition = (type: string, status: Condition['status'], rest: Partial<Condition> = {}): Condition => ({
  type,
  status,
  lastTransitionTime: earlier,
  ...rest,
});

const observed = (conditions: Condition[]) => ({
  metadata: { generation: 2 },
  status: { observedGeneration: 2, conditions },
});

const allTrue = [condition('Arms', 'True'), condition('Beds', 'True'), condition('Ready', 'True')];
const allUnknown = [condition('Arms', 'Unknown'), condition('Beds', 'Unknown'), condition('Ready', 'Unknown')];

/** `type=status reason message`, for tables. */
const told = (conditions: readonly Condition[]): string[] =>
  conditions.map(({ type, status, reason = '', message = '' }) => `${type}=${status} ${reason} ${message}`.trim());

test('a new object gets all its conditions, Unknown, sorted by type', () => {
  const { conditions, observedGeneration } = createConditionManager(set, { metadata: { generation: 1 } }).finish(now);
  expect(told(conditions)).toEqual([
    'Arms=Unknown',
    'Beds=Unknown',
    'Ready=Unknown NewObservedGenFailure unsuccessfully observed a new generation',
  ]);
  expect(observedGeneration).toBe(1);
  expect(new Set(conditions.map(({ lastTransitionTime }) => lastTransitionTime))).toEqual(new Set([later]));
});

test('a missing condition is True if Ready is', () => {
  const manager = createConditionManager(set, observed([condition('Ready', 'True')]));
  expect(told(manager.finish(now).conditions)).toEqual(['Arms=True', 'Beds=True', 'Ready=True']);
});

test('a new generation makes Ready Unknown until the reconcile says otherwise', () => {
  const object = { metadata: { generation: 3 }, status: { observedGeneration: 2, conditions: allTrue } };
  expect(createConditionManager(set, object).isHappy()).toBe(false);
  const manager = createConditionManager(set, object);
  manager.markTrue('Beds');
  expect(manager.finish(now)).toEqual({ observedGeneration: 3, conditions: allTrue });
});

type Marks = (manager: ReturnType<typeof createConditionManager>) => void;
const rules: [string, Condition[], Marks, string[]][] = [
  [
    'True clears reason and message, and Ready follows',
    [condition('Arms', 'True'), condition('Beds', 'False', { reason: 'R', message: 'm' }), condition('Ready', 'False')],
    (manager) => manager.markTrue('Beds'),
    ['Arms=True', 'Beds=True', 'Ready=True'],
  ],
  [
    'True may carry a reason, which Ready does not take over',
    allTrue,
    (manager) => manager.markTrue('Beds', 'NotEnabled', 'm'),
    ['Arms=True', 'Beds=True NotEnabled m', 'Ready=True'],
  ],
  [
    'False makes Ready False with the same words',
    allTrue,
    (manager) => manager.markFalse('Beds', 'R', 'm'),
    ['Arms=True', 'Beds=False R m', 'Ready=False R m'],
  ],
  [
    'Unknown makes Ready Unknown with the same words',
    allTrue,
    (manager) => manager.markUnknown('Beds', 'R', 'm'),
    ['Arms=True', 'Beds=Unknown R m', 'Ready=Unknown R m'],
  ],
  [
    'Unknown leaves Ready False while another dependent is False',
    allTrue,
    (manager) => {
      manager.markFalse('Arms', 'A', 'a');
      manager.markUnknown('Beds', 'B', 'b');
    },
    ['Arms=False A a', 'Beds=Unknown B b', 'Ready=False A a'],
  ],
  [
    'Unknown makes Ready False if a dependent is False and Ready was not',
    [condition('Arms', 'False', { reason: 'A' }), condition('Beds', 'True'), condition('Ready', 'Unknown')],
    (manager) => manager.markUnknown('Beds', 'B', 'b'),
    ['Arms=False A', 'Beds=Unknown B b', 'Ready=False B b'],
  ],
  [
    'after True, Ready takes the words of the dependent that became False last',
    allTrue,
    (manager) => {
      manager.markFalse('Beds', 'B', 'b');
      manager.markFalse('Arms', 'A', 'a');
      manager.markTrue('Beds');
    },
    ['Arms=False A a', 'Beds=True', 'Ready=False A a'],
  ],
  [
    'False goes before Unknown, though that changed later',
    allTrue,
    (manager) => {
      manager.markFalse('Beds', 'B', 'b');
      manager.markUnknown('Arms', 'A', 'a');
      manager.markTrue('Ready');
    },
    ['Arms=Unknown A a', 'Beds=False B b', 'Ready=False B b'],
  ],
  [
    'the last change counts by its time, across reconciles',
    [
      condition('Arms', 'Unknown', { reason: 'A', lastTransitionTime: '2025-01-01T00:00:00Z' }),
      condition('Beds', 'Unknown', { reason: 'B' }),
      condition('Ready', 'Unknown'),
    ],
    (manager) => manager.markTrue('Ready'),
    ['Arms=Unknown A', 'Beds=Unknown B', 'Ready=Unknown B'],
  ],
  [
    'marks on other conditions leave Ready alone',
    allTrue,
    (manager) => manager.markFalse('Active', 'Idle', 'm'),
    ['Active=False Idle m', 'Arms=True', 'Beds=True', 'Ready=True'],
  ],
  [
    'True on one dependent leaves Ready Unknown while another is',
    allUnknown,
    (manager) => manager.markTrue('Beds'),
    ['Arms=Unknown', 'Beds=True', 'Ready=Unknown'],
  ],
];

test.each(rules)('%s', (_, before, mark, after) => {
  const manager = createConditionManager(set, observed(before));
  mark(manager);
  expect(told(manager.finish(now).conditions)).toEqual(after);
});

test('a kind without dependents sets Ready itself', () => {
  const manager = createConditionManager({ happy: 'Ready', dependents: [] }, { metadata: { generation: 1 } });
  manager.markTrue('Ready');
  expect(manager.isHappy()).toBe(true);
  manager.markFalse('Ready', 'R', 'm');
  expect(manager.get('Ready')).toEqual({ type: 'Ready', status: 'False', reason: 'R', message: 'm' });
});

test('only what changed gets the new time, even if only its message did', () => {
  const before = [...allTrue, condition('Spare', 'Unknown', { severity: 'Info', reason: 'R', message: 'old' })];
  const manager = createConditionManager(set, observed(before));
  manager.markUnknown('Spare', 'R', 'new');
  const { conditions } = manager.finish(now);
  expect(conditions).toEqual([
    ...allTrue,
    { type: 'Spare', status: 'Unknown', severity: 'Info', reason: 'R', message: 'new', lastTransitionTime: later },
  ]);
});

test('a change taken back within the reconcile was none', () => {
  const manager = createConditionManager(set, observed(allTrue));
  manager.markFalse('Beds', 'R', 'm');
  manager.markTrue('Beds');
  expect(manager.finish(now).conditions).toEqual(allTrue);
});

test('a condition that only informs can be taken away, the others cannot', () => {
  const manager = createConditionManager(set, observed([...allTrue, condition('Spare', 'True')]));
  manager.clear('Spare');
  manager.clear('Ready');
  expect(manager.finish(now).conditions).toEqual(allTrue);
});

test('an object is ready or failed only if its generation is observed', () => {
  const ready = (status: Condition['status'], observedGeneration: number): KubernetesObject & { status: object } => ({
    metadata: { generation: 2 },
    status: { observedGeneration, conditions: [condition('Ready', status)] },
  });
  const table = [ready('True', 2), ready('True', 1), ready('False', 2), ready('False', 1), ready('Unknown', 2)];
  expect(table.map(isReady)).toEqual([true, false, false, false, false]);
  expect(table.map(isFailed)).toEqual([false, false, true, false, false]);
  expect(isReady({ metadata: {} })).toBe(false);
});

test('finds a condition by type', () => {
  expect(conditionOf({ conditions: allTrue }, 'Beds')).toBe(allTrue[1]);
  expect(conditionOf(undefined, 'Beds')).toBeUndefined();
});
