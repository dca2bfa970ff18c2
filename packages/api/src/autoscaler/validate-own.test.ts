import { describe, expect, it } from 'vitest';
import { renderFindings } from '../field-error.ts';
import { defaultAutoscalerConfig, parseAutoscalerConfig } from './config.ts';
import { parseOwnScalingSettings } from './own-annotations.ts';
import { validateAutoscalingAnnotations } from './validate.ts';

describe('annotations beyond Knative’s', () => {
  it.each([
    ['ebb.dev/panic-while-rising', 'yes', 'invalid value: yes: ebb.dev/panic-while-rising'],
    ['ebb.dev/max-scale-up-rate', '1', 'expected 1 > 1: ebb.dev/max-scale-up-rate'],
    ['ebb.dev/max-scale-down-rate', 'NaN', 'expected NaN > 1: ebb.dev/max-scale-down-rate'],
    ['ebb.dev/on-demand-replicas', '-1', 'expected 0 <= -1 <= 2147483647: ebb.dev/on-demand-replicas'],
    ['ebb.dev/predictive-quantile', '0', 'expected 1 <= 0 <= 100: ebb.dev/predictive-quantile'],
    ['ebb.dev/predictive-lead-time', '25h', 'expected 0s <= 25h <= 24h0m0s: ebb.dev/predictive-lead-time'],
    ['ebb.dev/predictive', 'maybe', 'invalid value: maybe: ebb.dev/predictive\nmust be one of observer, auto'],
    [
      'ebb.dev/schedule-time-zone',
      'Mars/Base',
      'invalid value: Mars/Base: ebb.dev/schedule-time-zone\nmust be an IANA time zone such as Asia/Shanghai',
    ],
    [
      'knative.aliyun.com/reserve-instance',
      'on',
      'invalid value: on: knative.aliyun.com/reserve-instance\nmust be one of enable, disable',
    ],
  ])('say what is wrong with %s: %s', (key, value, text) => {
    expect(renderFindings(validateAutoscalingAnnotations({ [key]: value }, defaultAutoscalerConfig))).toBe(text);
  });

  it('refuse a schedule with the line that is wrong', () => {
    const findings = validateAutoscalingAnnotations({ 'ebb.dev/schedule': '0 8 * * * min x' }, defaultAutoscalerConfig);
    expect(renderFindings(findings)).toMatch(/^line 1 of the schedule, .*: ebb\.dev\/schedule$/);
  });

  it('let Alibaba’s classes pass', () => {
    const annotations = { 'autoscaling.knative.dev/class': 'ppa.autoscaling.knative.dev' };
    expect(validateAutoscalingAnnotations(annotations, defaultAutoscalerConfig)).toEqual([]);
  });

  it('win over the keys of the cluster', () => {
    const config = parseAutoscalerConfig({ 'ebb-panic-while-rising': 'true', 'ebb-count-starting-pods': 'true' });
    const settings = parseOwnScalingSettings({ 'ebb.dev/panic-while-rising': 'false' }, config);
    expect(settings).toMatchObject({ panicWhileRising: false, countStartingPods: true });
  });

  it('of the cluster are refused out of range', () => {
    expect(() => parseAutoscalerConfig({ 'ebb-pod-creations-per-second': '0' })).toThrow(
      'ebb-pod-creations-per-second = 0, must be greater than 0',
    );
  });
});
