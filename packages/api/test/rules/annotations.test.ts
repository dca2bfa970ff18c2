import { describe } from 'vitest';
import { type ConfigMaps, type Rule, checkRules, lines, make } from './rules.ts';

const path = 'spec.template.metadata.annotations';
const prefix = 'autoscaling.knative.dev/';
const max = 2147483647;

/** A Service with these annotations on its template. */
const annotated = (annotations: Record<string, string>): unknown =>
  make(
    'Service',
    `spec: { template: { metadata: { annotations: ${JSON.stringify(annotations)} }, spec: { containers: [{ image: a1 }] } } }`,
  );
const scaling = (annotations: Record<string, string>): unknown =>
  annotated(Object.fromEntries(Object.entries(annotations).map(([name, value]) => [prefix + name, value])));

/** One annotation of autoscaling and what is said of it; `key` in the text stands for its path. */
const one = (name: string, value: string, text = 'admitted', config: ConfigMaps = {}): Rule => [
  `${name}: ${value}`,
  scaling({ [name]: value }),
  text.replaceAll('key', `${path}.${prefix}${name}`),
  { config },
];
const autoscaler = (data: Record<string, string>): ConfigMaps => ({ 'config-autoscaler': data });

describe('8 class and metric', () => {
  checkRules([
    one('class', 'kpa.autoscaling.knative.dev'),
    one('class', 'hpa.autoscaling.knative.dev'),
    one('class', 'keda.example.com'),
    one('class', 'other.knative.dev', 'invalid value: other.knative.dev: key'),
    one('metric', 'concurrency'),
    one('metric', 'rps'),
    one('metric', 'cpu', 'invalid value: cpu: key'),
    one('metric', 'memory', 'admitted', autoscaler({ 'pod-autoscaler-class': 'hpa.autoscaling.knative.dev' })),
    ['HPA with a metric of its own', scaling({ class: 'hpa.autoscaling.knative.dev', metric: 'custom' }), 'admitted'],
    [
      'HPA without one',
      scaling({ class: 'hpa.autoscaling.knative.dev', metric: '' }),
      `invalid value: : ${path}.${prefix}metric`,
    ],
    ['another class, free to choose', scaling({ class: 'keda.example.com', metric: '' }), 'admitted'],
  ]);
});

describe('8 scale', () => {
  checkRules([
    ...['min-scale', 'minScale', 'max-scale', 'maxScale'].flatMap((name) => [
      one(name, '0'),
      one(name, 'x', 'invalid value: x: key'),
      one(name, '1.5', 'invalid value: 1.5: key'),
      one(name, '-1', `expected 0 <= -1 <= ${max}: key`),
      one(name, '2147483648', `expected 0 <= 2147483648 <= ${max}: key`),
    ]),
    ['max 0, which is none', scaling({ 'min-scale': '5', 'max-scale': '0' }), 'admitted'],
    [
      'max below min',
      scaling({ 'min-scale': '5', 'max-scale': '4' }),
      `max-scale=4 is less than min-scale=5: ${path}.${prefix}max-scale, ${path}.${prefix}min-scale`,
    ],
    ['the kebab spelling wins', scaling({ 'min-scale': '1', minScale: 'x' }), 'admitted'],
    one('max-scale', '10', 'admitted', autoscaler({ 'max-scale-limit': '10', 'max-scale': '1' })),
    one('max-scale', '11', 'expected 1 <= 11 <= 10: key', autoscaler({ 'max-scale-limit': '10', 'max-scale': '1' })),
    one(
      'max-scale',
      '0',
      'max-scale=0 (unlimited), must be less than 10: key',
      autoscaler({ 'max-scale-limit': '10', 'max-scale': '1' }),
    ),
    one('activation-scale', '2'),
    one('activation-scale', 'x', 'invalid value: x: key'),
    one('activation-scale', '1', 'activation-scale=1 must be greater than 1: key'),
    [
      'activation below min',
      scaling({ 'activation-scale': '2', 'min-scale': '3' }),
      `min-scale=3 is greater than activation-scale=2: ${path}.${prefix}activation-scale`,
    ],
    [
      'activation above max',
      scaling({ 'activation-scale': '3', 'max-scale': '2' }),
      `max-scale=2 is less than activation-scale=3: ${path}.${prefix}activation-scale`,
    ],
    ...['initial-scale', 'initialScale'].flatMap((name) => [
      one(name, '3'),
      one(name, 'x', 'invalid value: x: key'),
      one(name, '-1', 'invalid value: -1: key must be greater than 0'),
      one(name, '0', 'invalid value: 0: key=0 not allowed by cluster'),
      one(name, '0', 'admitted', autoscaler({ 'allow-zero-initial-scale': 'true' })),
    ]),
  ]);
});

/** Numbers within bounds, under both spellings. */
const numbers = (names: readonly string[], low: number, high: number): Rule[] =>
  names.flatMap((name) => [
    one(name, String(low)),
    one(name, String(high)),
    one(name, 'x', 'invalid value: x: key'),
    one(name, String(low - 1), `expected ${low} <= ${low - 1} <= ${high}: key`),
    one(name, String(high + 1), `expected ${low} <= ${high + 1} <= ${high}: key`),
  ]);

describe('8 targets and panic', () => {
  checkRules([
    one('target', '0.01'),
    one('target', 'x', 'invalid value: x: key'),
    one('target', '0.009', 'target 0.009 should be at least 0.01: key'),
    ...numbers(['target-utilization-percentage', 'targetUtilizationPercentage'], 1, 100),
    ...['target-burst-capacity', 'targetBurstCapacity'].flatMap((name) => [
      one(name, '-1'),
      one(name, '0'),
      one(name, '-2', 'invalid value: -2: key'),
      one(name, 'x', 'invalid value: x: key'),
    ]),
    ...numbers(['panic-window-percentage', 'panicWindowPercentage'], 1, 100),
    ...numbers(['panic-threshold-percentage', 'panicThresholdPercentage'], 110, 1000),
  ]);
});

const fine = 'must be specified with at most second precision: key';

describe('8 times', () => {
  checkRules([
    one('window', '6s'),
    one('window', '1h'),
    one('window', '5', 'invalid value: 5: key'),
    one('window', '1s', 'expected 6s <= 1s <= 1h0m0s: key'),
    one('window', '61m', 'expected 6s <= 61m <= 1h0m0s: key'),
    one('window', '6.5s', fine),
    ...['scale-down-delay', 'scaleDownDelay'].flatMap((name) => [
      one(name, '0s'),
      one(name, 'x', 'invalid value: x: key'),
      one(name, '-1s', 'expected 0s <= -1s <= 1h0m0s: key'),
      one(name, '2h', 'expected 0s <= 2h <= 1h0m0s: key'),
      one(name, '1.5s', fine),
    ]),
    ...['scale-to-zero-pod-retention-period', 'scaleToZeroPodRetentionPeriod'].flatMap((name) => [
      one(name, '1.5s'),
      one(name, 'x', 'invalid value: x: key'),
      one(name, '-1s', 'expected 0s <= -1s <= 1h0m0s: key'),
      one(name, '2h', 'expected 0s <= 2h <= 1h0m0s: key'),
    ]),
  ]);
});

const kpa = { class: 'kpa.autoscaling.knative.dev' };

describe('8 aggregation', () => {
  checkRules([
    ...['linear', 'weighted-exponential', 'weightedExponential'].flatMap((value): Rule[] => [
      [value, scaling({ ...kpa, 'metric-aggregation-algorithm': value }), 'admitted'],
      [`${value}, in the old spelling`, scaling({ ...kpa, metricAggregationAlgorithm: value }), 'admitted'],
    ]),
    [
      'another',
      scaling({ ...kpa, 'metric-aggregation-algorithm': 'median' }),
      `invalid value: median: ${path}.${prefix}metric-aggregation-algorithm`,
    ],
    ['another, where no class is named', scaling({ 'metric-aggregation-algorithm': 'median' }), 'admitted'],
  ]);
});

const sidecar = 'queue.sidecar.serving.knative.dev/';
const deadline = 'serving.knative.dev/progress-deadline';
const annotation = (key: string, value: string, text: string): Rule => [
  `${key}: ${value}`,
  annotated({ [key]: value }),
  text,
];

describe('8 other annotations of a template', () => {
  checkRules([
    ...['ingress.class', 'ingress-class', 'certificate.class', 'certificate-class', 'disableAutoTLS']
      .concat('disable-auto-tls', 'disable-external-domain-tls', 'httpOption', 'http-protocol')
      .map((name) => annotation(`networking.knative.dev/${name}`, 'x', 'admitted')),
    annotation('networking.knative.dev/other', 'x', `invalid key name "networking.knative.dev/other": ${path}`),
    ...['resource-percentage', 'resourcePercentage'].flatMap((name) => [
      annotation(sidecar + name, '0.1', 'admitted'),
      annotation(sidecar + name, 'x', `invalid value: x: ${path}.[${sidecar}${name}]`),
      annotation(sidecar + name, '0.05', `expected 0.1 <= 0.05 <= 100: ${path}.[${sidecar}${name}]`),
      annotation(sidecar + name, '200', `expected 0.1 <= 200 <= 100: ${path}.[${sidecar}${name}]`),
    ]),
    ...['cpu', 'memory', 'ephemeral-storage'].flatMap((resource) =>
      ['request', 'limit'].flatMap((what) => {
        const key = `${sidecar}${resource}-resource-${what}`;
        return [annotation(key, '100m', 'admitted'), annotation(key, 'much', `invalid value: much: ${path}.[${key}]`)];
      }),
    ),
    annotation('ebb.dev/queue-timeout', '500ms', 'admitted'),
    ...['', 'soon', '0s', '-1s', '2'].map((text) =>
      annotation('ebb.dev/queue-timeout', text, `invalid value: ${text}: ${path}.[ebb.dev/queue-timeout]`),
    ),
    annotation(deadline, '10m', 'admitted'),
    annotation(deadline, '', 'admitted'),
    annotation(deadline, 'soon', `invalid value: soon: ${path}.${deadline}`),
    annotation(deadline, '1500ms', `progress-deadline=1500ms is not at second precision: ${path}.${deadline}`),
    annotation(deadline, '-1s', `progress-deadline=-1s must be positive: ${path}.${deadline}`),
    [
      'several at once',
      annotated({ [`${prefix}window`]: '1s', 'networking.knative.dev/x': 'y', [deadline]: '-1s' }),
      lines(
        `expected 6s <= 1s <= 1h0m0s: ${path}.${prefix}window`,
        `invalid key name "networking.knative.dev/x": ${path}`,
        `progress-deadline=-1s must be positive: ${path}.${deadline}`,
      ),
    ],
  ]);
});

const revision = (annotations: Record<string, string>): unknown =>
  make(
    'Revision',
    `{ metadata: { name: hello, annotations: ${JSON.stringify(annotations)} }, spec: { containers: [{ image: a1 }] } }`,
  );

describe('8 annotations of a Revision', () => {
  checkRules([
    ['of autoscaling', revision({ [`${prefix}min-scale`]: '2' }), 'admitted'],
    [
      'of autoscaling, wrong',
      revision({ [`${prefix}min-scale`]: '-2' }),
      `expected 0 <= -2 <= ${max}: metadata.annotations.${prefix}min-scale`,
    ],
    [
      'others, which only a template may not have',
      revision({ [deadline]: 'x', 'networking.knative.dev/x': 'y' }),
      'admitted',
    ],
  ]);
});
