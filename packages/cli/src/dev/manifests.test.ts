import { UserError } from '@ebb/base';
import { describe, expect, it } from 'vitest';
import { parseManifest } from './manifests.ts';

const service = 'apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: { name: hello }\n';

/** Of each list nine times the one before: a file of some lines, and an object of half a million items. */
const bomb = [
  'a0: &a0 [x]',
  ...Array.from({ length: 6 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`),
].join('\n');

describe('parseManifest', () => {
  it('reads every document and leaves out empty ones', () => {
    const objects = parseManifest(`${service}---\n---\n# nothing\n---\n${service.replace('hello', 'other')}`, 'a.yaml');
    expect(objects.map(({ object }) => object.metadata.name)).toEqual(['hello', 'other']);
  });

  it('leaves out what looks like no manifest', () => {
    const kustomization = 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]';
    const others = ['services: { web: { image: a } }', 'replicas: 1', '{ ? { a: 1 } : b }', kustomization];
    expect(others.flatMap((text) => parseManifest(text, 'docker-compose.yml'))).toEqual([]);
  });

  it('takes a List apart', () => {
    const list = {
      apiVersion: 'v1',
      kind: 'List',
      items: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } }],
    };
    expect(parseManifest(JSON.stringify(list), 'a.json')[0]?.object.kind).toBe('ConfigMap');
  });

  it.each([
    ['a: [1', 'm.yaml:1'],
    [`${service}---\nkind: Service`, 'm.yaml:5: a manifest needs apiVersion and kind'],
    ['apiVersion: v1\nkind: ConfigMap\nmetadata: {}', 'm.yaml:1: ConfigMap needs metadata.name'],
    ['just text', 'm.yaml:1: not a Kubernetes object'],
    ['[1, 2]', 'm.yaml:1: not a Kubernetes object'],
    [`${service}---\nname: *nobody`, 'm.yaml:5: Unresolved alias'],
    [bomb, 'm.yaml:1: Excessive alias count'],
  ])('says where %j is wrong', (text, message) => {
    const parse = (): unknown => parseManifest(text, 'm.yaml');
    expect(parse).toThrow(UserError);
    expect(parse).toThrow(message);
  });

  it('reads values as kubectl does', () => {
    const values = 'a: 0440, b: 0o440, c: yes, d: 22:22, e: 2026-01-01, f: "0440", g: 1e3, h: 1.10.0, <<: *base';
    const [{ object } = {}] = parseManifest(`base: &base { x: off }\n${service}data: { ${values} }`, 'm.yaml');
    const read = {
      a: 0o440,
      b: 0o440,
      c: true,
      d: '22:22',
      e: '2026-01-01',
      f: '0440',
      g: 1000,
      h: '1.10.0',
      x: false,
    };
    expect(object).toMatchObject({ data: read });
  });

  it('refuses a file that is no manifest by its name', () => {
    expect(() => parseManifest(service, 'readme.md')).toThrow('a manifest ends in .yaml, .yml or .json');
  });
});
