import { builtinKinds, modelOf } from '../builtin/kinds.ts';

/** Kinds that are sent or answered and not stored, by API version. */
const otherClasses: Readonly<Record<string, string>> = {
  'v1.Binding': 'V1Binding',
  'v1.DeleteOptions': 'V1DeleteOptions',
  'v1.Status': 'V1Status',
  'meta.k8s.io/v1.DeleteOptions': 'V1DeleteOptions',
  'policy/v1.Eviction': 'V1Eviction',
  'authentication.k8s.io/v1.TokenRequest': 'AuthenticationV1TokenRequest',
};

/** A kind whose class holds any JSON, which has no place in its message; and those of which there is never one. */
const withoutMessages = new Set([
  'CustomResourceDefinition',
  ...builtinKinds.filter(({ absent }) => absent).map(({ kind }) => kind),
]);

/** The class of `@kubernetes/client-node` that has the fields of a kind; `undefined` if it has no form on the wire. */
export function classOfKind(apiVersion: string, kind: string): string | undefined {
  const name = `${apiVersion}.${kind}`;
  if (Object.hasOwn(otherClasses, name)) return otherClasses[name];
  if (kind === 'DeleteOptions') return 'V1DeleteOptions';
  const row = builtinKinds.find(
    ({ group, version = 'v1', ...each }) =>
      each.kind === kind && (group === '' ? version : `${group}/${version}`) === apiVersion,
  );
  return row && !withoutMessages.has(kind) ? modelOf(row) : undefined;
}
