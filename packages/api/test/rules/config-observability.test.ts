import { describe } from 'vitest';
import { type Key, bool, checkKeys, duration, text } from './config-keys.ts';

const exporter = (what: string, last: string): Key[] => [
  {
    keys: `${what}-protocol`,
    field: '',
    good: [['none'], [last]],
    bad: [
      ['smoke', `must be one of none, grpc, http/protobuf, ${last}`],
      ['grpc', `must have a ${what}-endpoint`],
    ],
  },
  {
    keys: `${what}-endpoint`,
    field: '',
    good: [['']],
    bad: [['http://collector', `must not be set while ${what}-protocol is none`]],
  },
  {
    keys: `${what}-endpoint`,
    field: '',
    good: [['http://collector']],
    and: { [`${what}-protocol`]: 'http/protobuf' },
  },
];

const share = (keys: string, field: string, byDefault: number): Key => ({
  keys,
  field,
  byDefault,
  good: [
    ['0', 0],
    ['0.25', 0.25],
    ['1', 1],
  ],
  bad: [
    ['1.1', 'must be within [0, 1]'],
    ['-1', 'must be within [0, 1]'],
    ['x', 'must be a number'],
  ],
});

const observability: readonly Key[] = [
  text('logging.revision-url-template', 'revisionUrlTemplate', ''),
  bool('logging.enable-var-log-collection', 'enableVarLogCollection', false),
  text('logging.request-log-template', 'requestLogTemplate', undefined),
  bool('logging.enable-request-log', 'enableRequestLog', false),
  {
    keys: 'logging.enable-request-log',
    field: '',
    good: [['false']],
    bad: [['true', 'must not be while logging.request-log-template is empty']],
    and: { 'logging.request-log-template': '' },
  },
  bool('logging.enable-probe-request-log', 'enableProbeRequestLog', false),
  ...exporter('metrics', 'prometheus'),
  ...exporter('request-metrics', 'prometheus'),
  ...exporter('tracing', 'stdout'),
  ...['metrics-export-interval', 'request-metrics-export-interval', 'runtime-export-interval'].map((keys) => ({
    keys,
    field: '',
    good: [['30s']] as const,
    bad: [
      ['-1s', 'must be 0s or more'],
      ['30', duration],
    ] as const,
  })),
  share('tracing-sampling-rate', 'tracing.samplingRate', 0),
  share('ebb-request-log-sample-rate', 'requestLogSampleRate', 1),
  { keys: 'runtime-profiling', field: '', good: [['enabled']], bad: [['on', 'must be one of enabled, disabled']] },
];

describe('12 config-observability', () => {
  checkKeys('config-observability', observability);
});
