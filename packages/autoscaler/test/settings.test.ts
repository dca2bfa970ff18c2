import {
  type AutoscalerConfig,
  defaultAutoscalerConfig,
  parseAutoscalerConfig,
  renderFindings,
  validateAutoscalingAnnotations,
} from '@ebb/api';
import { describe, expect, it } from 'vitest';
import { readVector } from './vectors.ts';

type Data = Record<string, string>;

interface ConfigCases {
  readonly cases: readonly {
    readonly configAutoscaler: Data;
    readonly valid: boolean;
    readonly resolved?: Record<string, string | number | boolean>;
  }[];
}

interface AnnotationCases {
  readonly cases: readonly {
    readonly annotations: Data;
    readonly configAutoscaler: Data;
    readonly errorPaths: readonly string[];
  }[];
}

/** A config under the names the traces give it: seconds for durations, text where NaN and infinity occur. */
function asRecorded(config: AutoscalerConfig): Record<string, unknown> {
  const entries = Object.entries(config).map(([name, value]): [string, unknown] => {
    if (name.endsWith('Ms')) return [`${name.slice(0, -2)}S`, Number((Number(value) / 1000).toFixed(12))];
    const asText = name === 'containerConcurrencyTargetFraction' || name === 'maxScaleUpRate';
    return [name, asText ? String(value).replace(/^Infinity$/, '+Inf') : value];
  });
  return Object.fromEntries(entries);
}

describe('config-autoscaler', () => {
  const cases = readVector<ConfigCases>('units', 'config.json').cases.map(
    (each) => [JSON.stringify(each.configAutoscaler), each] as const,
  );

  it.each(cases.filter(([, { valid }]) => valid))('reads %s', (_text, { configAutoscaler, resolved }) => {
    expect(asRecorded(parseAutoscalerConfig(configAutoscaler))).toEqual(resolved);
  });

  it.each(cases.filter(([, { valid }]) => !valid))('refuses %s', (_text, { configAutoscaler }) => {
    expect(() => parseAutoscalerConfig(configAutoscaler)).toThrow(/ = .*, must be /);
  });

  it('names key, value and range of what it refuses', () => {
    expect(() => parseAutoscalerConfig({ 'stable-window': '2s' })).toThrow(
      'stable-window = 2s, must be within [6s, 1h] in whole seconds',
    );
    expect(() => parseAutoscalerConfig({ 'initial-scale': 'x' })).toThrow(
      'initial-scale = x, must be a 32-bit integer',
    );
  });
});

describe('autoscaling annotations', () => {
  const { cases } = readVector<AnnotationCases>('units', 'annotations.json');

  it.each(
    cases.map((each) => [JSON.stringify(each.annotations), JSON.stringify(each.configAutoscaler), each] as const),
  )('are validated: %s under %s', (_annotations, _config, { annotations, configAutoscaler, errorPaths }) => {
    const findings = validateAutoscalingAnnotations(annotations, parseAutoscalerConfig(configAutoscaler));
    const keys = findings.flatMap(({ paths }) => paths).map((path) => /^[\w.]+\/[\w-]+/.exec(path)?.[0]);
    expect(new Set(keys)).toEqual(new Set(errorPaths));
  });

  it.each([
    ['window', '1s', 'expected 6s <= 1s <= 1h0m0s: autoscaling.knative.dev/window'],
    ['window', '6500ms', 'must be specified with at most second precision: autoscaling.knative.dev/window'],
    ['initial-scale', '-1', 'invalid value: -1: autoscaling.knative.dev/initial-scale must be greater than 0'],
    ['initial-scale', '0', 'invalid value: 0: autoscaling.knative.dev/initial-scale=0 not allowed by cluster'],
    ['min-scale', '-1', 'expected 0 <= -1 <= 2147483647: autoscaling.knative.dev/min-scale'],
    ['target', '0', 'target 0 should be at least 0.01: autoscaling.knative.dev/target'],
    ['activation-scale', '1', 'activation-scale=1 must be greater than 1: autoscaling.knative.dev/activation-scale'],
    [
      'panic-threshold-percentage',
      '9',
      'expected 110 <= 9 <= 1000: autoscaling.knative.dev/panic-threshold-percentage',
    ],
  ])('say what is wrong with %s: %s', (name, value, text) => {
    const findings = validateAutoscalingAnnotations(
      { [`autoscaling.knative.dev/${name}`]: value },
      defaultAutoscalerConfig,
    );
    expect(renderFindings(findings)).toBe(text);
  });
});
