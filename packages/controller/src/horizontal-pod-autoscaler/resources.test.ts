import { type HorizontalPodAutoscaler, type PodAutoscaler, defaultAutoscalerConfig } from '@ebb/api';
import { deepEqual } from '@ebb/kube';
import { describe, expect, it } from 'vitest';
import { fixHorizontalPodAutoscaler, makeHorizontalPodAutoscaler } from './resources.ts';

const made = (annotations: Readonly<Record<string, string>>): HorizontalPodAutoscaler => {
  const named = Object.entries(annotations).map(([key, value]) => [`autoscaling.knative.dev/${key}`, value]);
  const podAutoscaler: PodAutoscaler = {
    metadata: {
      name: 'web',
      namespace: 'default',
      uid: 'u1',
      annotations: { 'autoscaling.knative.dev/class': 'hpa.autoscaling.knative.dev', ...Object.fromEntries(named) },
    },
    spec: { scaleTargetRef: {} },
  };
  return makeHorizontalPodAutoscaler(podAutoscaler, defaultAutoscalerConfig);
};

describe('the HorizontalPodAutoscaler of a PodAutoscaler', () => {
  const resource = (name: string, target: object): object => ({ type: 'Resource', resource: { name, target } });
  const average = (averageValue: string): object => ({ type: 'AverageValue', averageValue });

  it.each<[annotations: Record<string, string>, metric: object]>([
    [{}, resource('cpu', { type: 'Utilization', averageUtilization: 80 })],
    [{ target: '49.2' }, resource('cpu', { type: 'Utilization', averageUtilization: 50 })],
    [{ metric: 'memory', target: '200.7' }, resource('memory', average('200Mi'))],
    [{ metric: 'memory', target: '2048' }, resource('memory', average('2Gi'))],
    [{ metric: 'memory' }, resource('cpu', { type: 'Utilization', averageUtilization: 80 })],
    [
      { metric: 'orders', target: '5000' },
      { type: 'Pods', pods: { metric: { name: 'orders' }, target: average('5k') } },
    ],
  ])('aims, for %j, at %j', (annotations, metric) => {
    expect(made(annotations).spec.metrics).toEqual([metric]);
  });

  it('has the bounds of the revision, and a window where one is annotated', () => {
    expect(made({}).spec).toMatchObject({ minReplicas: 1, maxReplicas: 2_147_483_647 });
    expect(made({}).spec).not.toHaveProperty('behavior');
    const bounded = made({ 'min-scale': '2', 'max-scale': '7', window: '30s' }).spec;
    const rules = { stabilizationWindowSeconds: 30 };
    expect(bounded).toMatchObject({ minReplicas: 2, maxReplicas: 7, behavior: { scaleUp: rules, scaleDown: rules } });
  });

  it('is left alone with what an API server adds to it', () => {
    const desired = made({ window: '30s' });
    const rules = { stabilizationWindowSeconds: 30, selectPolicy: 'Max', policies: [] };
    const live = { ...desired, spec: { ...desired.spec, behavior: { scaleUp: rules, scaleDown: rules } } };
    expect(deepEqual(fixHorizontalPodAutoscaler(live, desired), live)).toBe(true);
    expect(fixHorizontalPodAutoscaler(live, made({})).spec).not.toHaveProperty('behavior');
  });
});
