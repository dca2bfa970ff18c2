import { describe, expect, it } from 'vitest';
import {
  type FieldError,
  asWarnings,
  disallowedFields,
  fieldError,
  invalidArrayValue,
  invalidKeyName,
  invalidValue,
  missingField,
  missingOneOf,
  multipleOneOf,
  outOfBounds,
  renderFindings,
  viaField,
  viaFieldIndex,
  viaIndex,
  viaKey,
} from './field-error.ts';

const template = (findings: FieldError[]): FieldError[] =>
  viaField('spec', viaField('template', viaField('spec', findings)));
const annotations = (findings: FieldError[]): FieldError[] => viaField('metadata', viaField('annotations', findings));

const samples: [findings: FieldError[], text: string][] = [
  [template([missingField('containers')]), 'missing field(s): spec.template.spec.containers'],
  [
    template([
      ...viaFieldIndex('containers', 1, [missingField('image')]),
      ...viaFieldIndex('containers', 0, [missingField('image')]),
    ]),
    'missing field(s): spec.template.spec.containers[0].image, spec.template.spec.containers[1].image',
  ],
  [
    template([outOfBounds(601, 0, 600, 'timeoutSeconds')]),
    'expected 0 <= 601 <= 600: spec.template.spec.timeoutSeconds',
  ],
  [
    template([disallowedFields('nodeSelector', 'affinity')]),
    'must not set the field(s): spec.template.spec.affinity, spec.template.spec.nodeSelector',
  ],
  [
    viaField('spec', viaField('traffic', viaIndex(0, [multipleOneOf('revisionName', 'configurationName')]))),
    'expected exactly one, got both: spec.traffic[0].configurationName, spec.traffic[0].revisionName',
  ],
  [[missingOneOf('b', 'a')], 'expected exactly one, got neither: a, b'],
  [
    viaField('metadata', [invalidKeyName('autoscaling.knative.dev/min-scale', 'annotations', 'they belong elsewhere')]),
    'invalid key name "autoscaling.knative.dev/min-scale": metadata.annotations\nthey belong elsewhere',
  ],
  [viaField('spec', viaField('traffic', [invalidArrayValue('-', 'tag', 2)])), 'invalid value: -: spec.traffic.tag[2]'],
  [
    annotations(
      viaKey('queue.sidecar.serving.knative.dev/resource-percentage', [outOfBounds('200', '0.1', '100', '')]),
    ),
    'expected 0.1 <= 200 <= 100: metadata.annotations.[queue.sidecar.serving.knative.dev/resource-percentage]',
  ],
  [
    annotations([outOfBounds('1s', '6s', '1h0m0s', 'autoscaling.knative.dev/window')]),
    'expected 6s <= 1s <= 1h0m0s: metadata.annotations.autoscaling.knative.dev/window',
  ],
  [viaKey('plain', [missingField('x')]), 'missing field(s): [plain].x'],
  [
    viaField('spec', viaField('traffic', [fieldError('Traffic targets sum to 9, want 100', [''])])),
    'Traffic targets sum to 9, want 100: spec.traffic',
  ],
  [viaField('spec', [fieldError('multi-container is off', [])]), 'multi-container is off: '],
  [[], ''],
];

describe('renderFindings', () => {
  it.each(samples)('renders %j', (findings, text) => {
    expect(renderFindings(findings)).toBe(text);
  });

  it('sorts by message, then details, then level', () => {
    const found = [
      invalidValue('b', 'z'),
      ...asWarnings([invalidValue('a', 'y', '1')]),
      invalidValue('a', 'x', '2'),
      invalidValue('a', 'w', '1'),
    ];
    expect(renderFindings(found)).toBe(
      'invalid value: a: w\n1\ninvalid value: a: y\n1\ninvalid value: a: x\n2\ninvalid value: b: z',
    );
  });
});
