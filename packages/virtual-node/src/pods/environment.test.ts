import type { Container, Pod } from '@ebb/api';
import { describe, expect, it } from 'vitest';
import { expandSubPath, resolveEnvironment, skippedNames } from './environment.ts';
import { emptyLookup } from '../../test/empty-lookup.ts';
import type { Lookup } from './lookup.ts';
import { MissingReference } from './missing.ts';

const pod: Pod = {
  metadata: { name: 'p', namespace: 'default', uid: 'u', labels: { team: 'blue' } },
  spec: { containers: [], nodeName: 'n' },
};
const encode = (text: string): string => Buffer.from(text).toString('base64');
const lookup: Lookup = {
  ...emptyLookup,
  configMap: (name) => (name === 'config' ? { metadata: { name }, data: { color: 'red', '1bad': 'x' } } : undefined),
  secret: (name) =>
    name === 'secret' ? { metadata: { name }, data: { token: encode('s3cret'), dollars: encode('$(IP)') } } : undefined,
};
const resolve = (container: Partial<Container>): ReturnType<typeof resolveEnvironment> =>
  resolveEnvironment({ name: 'c', ...container }, pod, lookup);

describe('resolveEnvironment', () => {
  it('takes all entries of a source, with its prefix, and leaves out what is no name', () => {
    expect(
      resolve({ envFrom: [{ configMapRef: { name: 'config' } }, { prefix: 'S_', secretRef: { name: 'secret' } }] }),
    ).toEqual([
      { key: 'color', value: 'red' },
      { key: 'S_token', value: 's3cret' },
      { key: 'S_dollars', value: '$(IP)' },
    ]);
    const envFrom = [{ configMapRef: { name: 'config' } }];
    expect(skippedNames({ ...pod, spec: { containers: [{ name: 'c', envFrom }] } }, lookup)).toEqual([
      'Keys [1bad] from the EnvFrom configMap default/config were skipped since they are considered invalid environment variable names.',
    ]);
  });

  it('has a word in where volumes are mounted from', () => {
    const variables = [
      { key: 'NAME', value: 'web' },
      { key: 'IP', fieldPath: 'status.podIP' },
    ];
    expect(expandSubPath('logs/$(NAME)-$$(NAME)', variables, 'f')).toBe('logs/web-$(NAME)');
    expect(() => expandSubPath('$(IP)', variables, 'f')).toThrow('f: there is no value for IP');
  });

  it('tells of Services, but for what the container says itself, and what does not fit', () => {
    const links = Array.from({ length: 120 }, (_, index) => ({ key: `A${index}`, value: `v${index}` }));
    const env = [
      { name: 'A0', value: 'mine' },
      { name: 'WITH', value: '$(A1)' },
    ];
    const found = resolveEnvironment({ name: 'c', env }, pod, { ...lookup, serviceVariables: links });
    expect(found).toHaveLength(100);
    expect(found.slice(-2)).toEqual([
      { key: 'A0', value: 'mine' },
      { key: 'WITH', value: 'v1' },
    ]);
  });

  it('lets env win over envFrom, and later over earlier', () => {
    const env = [
      { name: 'color', value: 'blue' },
      { name: 'color', value: 'green' },
    ];
    expect(resolve({ envFrom: [{ configMapRef: { name: 'config' } }], env })).toEqual([
      { key: 'color', value: 'green' },
    ]);
  });

  it.each([
    ['$(A)-$(B)', 'a-b'],
    ['$$(A)', '$(A)'],
    ['$(NOBODY)', '$(NOBODY)'],
    ['$(A', '$(A'],
    ['100 $', '100 $'],
  ])('expands %s to %s', (value, expanded) => {
    const env = [
      { name: 'A', value: 'a' },
      { name: 'B', value: 'b' },
      { name: 'C', value },
    ];
    expect(resolve({ env }).at(-1)).toEqual({ key: 'C', value: expanded });
  });

  it('reads fields of the pod and leaves those of the instance to ECI', () => {
    const field = (name: string, fieldPath: string): NonNullable<Container['env']>[number] => ({
      name,
      valueFrom: { fieldRef: { fieldPath } },
    });
    expect(
      resolve({
        env: [field('NAME', 'metadata.name'), field('TEAM', "metadata.labels['team']"), field('IP', 'status.podIP')],
      }),
    ).toEqual([
      { key: 'NAME', value: 'p' },
      { key: 'TEAM', value: 'blue' },
      { key: 'IP', fieldPath: 'status.podIP' },
    ]);
  });

  it.each([
    ['http://$(IP):80', 'http://$(IP):80'],
    ['$$(IP)', '$$(IP)'],
    ['$$$(IP)', '$$$(IP)'],
    ['$(OF_SECRET) $$(A)', '$$(IP) $(A)'],
    ['$(URL)', 'http://$(IP)'],
  ])('has ECI fill in %s as a kubelet would', (value, told) => {
    const env = [
      { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      { name: 'OF_SECRET', valueFrom: { secretKeyRef: { name: 'secret', key: 'dollars' } } },
      { name: 'URL', value: 'http://$(IP)' },
      { name: 'C', value },
    ];
    expect(resolve({ env }).slice(1)).toEqual([
      { key: 'OF_SECRET', value: '$$(IP)' },
      { key: 'URL', value: 'http://$(IP)' },
      { key: 'C', value: told },
    ]);
  });

  it.each([
    ['limits.cpu', undefined, '1'],
    ['limits.cpu', '1m', '250'],
    ['requests.memory', '1Mi', '64'],
    ['limits.memory', '1Gi', '4'],
  ])('computes %s by %s', (resource, divisor, value) => {
    const resourceFieldRef = { resource, ...(divisor === undefined ? {} : { divisor }) };
    const resources = { limits: { cpu: '250m' }, requests: { memory: '64Mi' } };
    expect(resolve({ resources, env: [{ name: 'A', valueFrom: { resourceFieldRef } }] })).toEqual([
      { key: 'A', value },
    ]);
  });

  it('says what is missing, unless it may be', () => {
    const ref = (optional: boolean): Partial<Container> => ({
      env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'other', key: 'k', optional } } }],
    });
    expect(resolve(ref(true))).toEqual([]);
    expect(() => resolve(ref(false))).toThrow(new MissingReference('secret "other" not found', 'c'));
  });
});
