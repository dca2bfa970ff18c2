import type { Node, Pod } from '@ebb/api';
import { describe, expect, it } from 'vitest';
import { candidates, isToBePlaced } from './choose.ts';

const pod = (spec: object = {}): Pod => ({ metadata: { name: 'p' }, spec: { containers: [], ...spec } as Pod['spec'] });

function node(
  name: string,
  {
    taints = [],
    out = false,
    ready = true,
    unschedulable = false,
  }: {
    readonly taints?: NonNullable<NonNullable<Node['spec']>['taints']>;
    readonly out?: boolean;
    readonly ready?: boolean;
    readonly unschedulable?: boolean;
  } = {},
): Node {
  const provider = { key: 'virtual-kubelet.io/provider', value: 'alibabacloud', effect: 'NoSchedule' };
  return {
    metadata: { name, labels: { 'kubernetes.io/hostname': name } },
    spec: { taints: [provider, ...taints], unschedulable },
    status: {
      conditions: [
        { type: 'Ready', status: ready ? 'True' : 'False' },
        { type: 'OutOfStock', status: out ? 'True' : 'False' },
      ],
    },
  };
}

const names = (asking: Pod, ...nodes: Node[]): readonly (string | undefined)[] | string => {
  const found = candidates(asking, nodes);
  return typeof found === 'string' ? found : found.map(({ metadata }) => metadata.name);
};
const mine = { key: 'mine', value: 'yes', effect: 'NoSchedule' };
const like = (operator: string, values: string[]): object => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator, values }] }],
      },
    },
  },
});

describe('the choice of a node', () => {
  it('needs no toleration of virtual nodes, prefers zones with stock, and takes what there is', () => {
    expect(names(pod(), node('a'), node('b'))).toEqual(['a', 'b']);
    expect(names(pod(), node('a', { out: true }), node('b'))).toEqual(['b']);
    expect(names(pod(), node('a', { out: true }))).toEqual(['a']);
  });

  it('minds selectors, affinity and taints of others', () => {
    expect(names(pod({ nodeSelector: { 'kubernetes.io/hostname': 'b' } }), node('a'), node('b'))).toEqual(['b']);
    expect(names(pod(like('In', ['a'])), node('a'), node('b'))).toEqual(['a']);
    expect(names(pod(like('NotIn', ['a'])), node('a'), node('b'))).toEqual(['b']);
    expect(names(pod({ tolerations: [{ key: 'mine', operator: 'Exists' }] }), node('a', { taints: [mine] }))).toEqual([
      'a',
    ]);
  });

  it('tells why there is none', () => {
    expect(names(pod())).toBe('0/0 nodes are available: there is none.');
    expect(
      names(pod(), node('a', { taints: [mine] }), node('b', { ready: false }), node('c', { unschedulable: true })),
    ).toBe(
      '0/3 nodes are available: 1 node(s) had untolerated taint {mine: yes}, 1 node(s) were not ready, 1 node(s) were unschedulable.',
    );
  });

  it.each([
    ['a plain one', pod(), true],
    ['one that is bound', pod({ nodeName: 'a' }), false],
    ['one of another scheduler', pod({ schedulerName: 'mine' }), false],
    ['one that is held back', pod({ schedulingGates: [{ name: 'g' }] }), false],
    ['one that goes', { ...pod(), metadata: { deletionTimestamp: 'now' } }, false],
  ])('is for %s: %o', (_what, asking, is) => {
    expect(isToBePlaced(asking)).toBe(is);
  });
});
