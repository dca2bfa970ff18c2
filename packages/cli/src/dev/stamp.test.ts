import type { KubernetesObject } from '@ebb/api';
import { describe, expect, it } from 'vitest';
import { appsOf, stampSource } from './stamp.ts';

const service = (image: string, name?: string): KubernetesObject => {
  const template = { ...(name ? { metadata: { name } } : {}), spec: { containers: [{ image }] } };
  const object = {
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Service',
    metadata: { name: 'hello' },
    spec: { template },
  };
  return object;
};

const templateOf = (object: KubernetesObject): { metadata?: { annotations?: Record<string, string> } } =>
  (object as never as { spec: { template: object } }).spec.template;

describe('stampSource', () => {
  it('puts the fingerprint of the app on the template', () => {
    const stamped = stampSource(service('dev.local/hello'), (app) => (app === 'hello' ? 'abc' : undefined));
    expect(templateOf(stamped).metadata?.annotations).toEqual({ 'ebb.dev/source': 'abc' });
  });

  it('leaves alone what runs no app of ours, and a template with a name of its own', () => {
    const known = (): string => 'abc';
    for (const object of [service('nginx'), service('dev.local/hello', 'hello-v1')]) {
      expect(stampSource(object, known)).toBe(object);
    }
  });

  it('survives manifests of any shape', () => {
    for (const spec of [
      undefined,
      null,
      3,
      { template: null },
      { template: { spec: null } },
      { template: { spec: { containers: 'x' } } },
    ]) {
      const object = { apiVersion: 'serving.knative.dev/v1', kind: 'Service', metadata: {}, spec } as KubernetesObject;
      expect(appsOf(object)).toEqual([]);
    }
  });
});
