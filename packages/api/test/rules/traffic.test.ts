import { describe } from 'vitest';
import { type Rule, checkRules, dns1035, lines, make, qualifiedName } from './rules.ts';

const service = (traffic: string): unknown =>
  make('Service', `spec: { template: { spec: { containers: [{ image: a1 }] } }, traffic: [${traffic}] }`);
const route = (traffic: string): unknown => make('Route', `spec: { traffic: [${traffic}] }`);

/** The rule for both kinds; `$` in a target stands for what refers to the newest Revision. */
const both = (what: string, traffic: string, text: string): Rule[] => [
  [`Service with ${what}`, service(traffic.replaceAll('$, ', '').replaceAll('$', '')), text],
  [`Route with ${what}`, route(traffic.replaceAll('$', 'configurationName: c')), text],
];

describe('9 traffic', () => {
  checkRules([
    ...both('the newest Revision', '{ $, percent: 100 }', 'admitted'),
    ...both(
      'one Revision under two tags',
      '{ revisionName: r, percent: 50, tag: a }, { revisionName: r, percent: 50, tag: b }',
      'admitted',
    ),
    ...both('a tag without a share', '{ $, percent: 100 }, { revisionName: r, tag: a }', 'admitted'),
    ...both(
      'percents out of range',
      '{ $, percent: 101 }, { revisionName: r, percent: -1 }',
      lines('expected 0 <= -1 <= 100: spec.traffic[1].percent', 'expected 0 <= 101 <= 100: spec.traffic[0].percent'),
    ),
    ...both(
      'too little',
      '{ $, percent: 50 }, { revisionName: r, percent: 40 }',
      'Traffic targets sum to 90, want 100: spec.traffic',
    ),
    ['Service with no traffic, which is all to the newest', service(''), 'admitted'],
    ['Route with no traffic', route(''), 'Traffic targets sum to 0, want 100: spec.traffic'],
    ['Route without the field', make('Route', 'spec: {}'), 'Traffic targets sum to 0, want 100: spec.traffic'],
    ...both(
      'a tag that is no label',
      '{ $, percent: 100 }, { revisionName: r, tag: b }, { revisionName: r, tag: A.b }',
      `invalid value: not a DNS 1035 label: [${dns1035}]: spec.traffic.tag[2]`,
    ),
    ...both(
      'a tag thrice',
      '{ $, percent: 100, tag: a }, { revisionName: r, tag: a }, { revisionName: r, tag: a }',
      'Multiple definitions for "a": spec.traffic[0].tag, spec.traffic[1].tag, spec.traffic[2].tag',
    ),
    ...both('a URL', '{ $, percent: 100, url: "http://x" }', 'must not set the field(s): spec.traffic[0].url'),
    ...both(
      'the newest Revision by name',
      '{ revisionName: r, latestRevision: true, percent: 100 }',
      'may not set revisionName "r" when latestRevision is true: spec.traffic[0].latestRevision',
    ),
    ...both(
      'not the newest Revision, and none by name',
      '{ $, latestRevision: false, percent: 100 }',
      'may not set revisionName "" when latestRevision is false: spec.traffic[0].latestRevision',
    ),
    [
      'Service with a Configuration',
      service('{ configurationName: c, percent: 100 }'),
      'must not set the field(s): spec.traffic[0].configurationName',
    ],
    [
      'Route with neither name',
      route('{ percent: 100 }'),
      'expected exactly one, got neither: spec.traffic[0].configurationName, spec.traffic[0].revisionName',
    ],
    [
      'Route with both names, which are not looked at then',
      route('{ revisionName: b@r, configurationName: c, percent: 100 }'),
      'expected exactly one, got both: spec.traffic[0].configurationName, spec.traffic[0].revisionName',
    ],
    ...both(
      'a Revision whose name is none',
      '{ revisionName: b@r, percent: 100 }',
      lines('invalid key name "b@r": spec.traffic[0].revisionName', qualifiedName),
    ),
    [
      'Route with a Configuration whose name is none',
      route('{ configurationName: f**, percent: 100 }'),
      lines('invalid key name "f**": spec.traffic[0].configurationName', qualifiedName),
    ],
  ]);
});
