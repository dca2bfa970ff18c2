import type { KubernetesObject, Resource } from '@ebb/api';
import type { KubeClient } from '@ebb/kube';

/** The name in the first argument of a call after its resource: a key or an object. */
const nameIn = (argument: unknown): string => {
  const { name, metadata } = argument as { name?: string; metadata?: { name?: string } };
  return name ?? metadata?.name ?? '';
};

const writing: readonly string[] = ['create', 'update', 'updateStatus', 'patch', 'delete'];

/** True for a verb that changes something. */
export function isWrite(verb: string): boolean {
  return writing.includes(verb);
}

/** What is asked of a Kubernetes API. */
export interface Call {
  readonly verb: string;
  readonly plural: string;
  /** Of the object; empty for a list. */
  readonly name: string;
}

/** The client, `pass` deciding about each call of it but watches. */
export function onCalls(
  client: KubeClient,
  pass: (call: () => Promise<unknown>, about: Call) => Promise<unknown>,
): KubeClient {
  return new Proxy(client, {
    get: (target, verb: keyof KubeClient) => {
      const method: unknown = Reflect.get(target, verb);
      if (typeof method !== 'function') return method;
      if (![...writing, 'get', 'list'].includes(String(verb))) return method.bind(target);
      return (...args: unknown[]): Promise<unknown> => {
        const { plural } = args[0] as Resource<KubernetesObject>;
        const about = { verb: String(verb), plural, name: nameIn(args[1] ?? {}) };
        return pass(() => method.apply(target, args) as Promise<unknown>, about);
      };
    },
  });
}
