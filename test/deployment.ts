import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ManifestObject, parseManifest } from '@ebb/cli';

const folder = join(import.meta.dirname, '..', 'deploy');

/** What `deploy/` installs, but for the CRDs, each object with its file. */
export function readDeployment(): readonly ManifestObject[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.yaml') && !file.startsWith('crds') && file !== 'kustomization.yaml',
  );
  return files.flatMap((file) => parseManifest(readFileSync(join(folder, file), 'utf8'), file));
}

/** Text of a file in `deploy/`. */
export const readDeployFile = (name: string): string => readFileSync(join(folder, name), 'utf8');

/** One thing that a service account may do. */
export interface Permission {
  readonly account: string;
  /** `''`: in all namespaces. */
  readonly namespace: string;
  /** `group/resource`, or just the resource of the core group; with its subresource. */
  readonly resource: string;
  readonly verb: string;
  /** Empty: objects of any name. */
  readonly names: readonly string[];
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

interface Binding {
  readonly roleRef: { readonly kind: string; readonly name: string };
  readonly subjects: readonly { readonly name: string }[];
}

/** All that the roles of `deploy/` allow the components. Bindings to roles of the cluster's own are left out. */
export function readPermissions(): readonly Permission[] {
  const objects = readDeployment().map(({ object }) => object);
  const roles = new Map(
    objects.flatMap((object) =>
      ['Role', 'ClusterRole'].includes(object.kind ?? '')
        ? [[`${object.kind} ${object.metadata.name}`, (object as unknown as { rules: Rule[] }).rules] as const]
        : [],
    ),
  );
  return objects
    .filter(({ kind }) => kind === 'RoleBinding' || kind === 'ClusterRoleBinding')
    .flatMap((object) => {
      const { roleRef, subjects } = object as unknown as Binding;
      const rules = roles.get(`${roleRef.kind} ${roleRef.name}`) ?? [];
      const namespace = object.metadata.namespace ?? '';
      return subjects.flatMap(({ name }) => rules.flatMap((rule) => expand(rule, name, namespace)));
    });
}

function expand(
  { apiGroups, resources, resourceNames = [], verbs }: Rule,
  account: string,
  namespace: string,
): Permission[] {
  return apiGroups.flatMap((group) =>
    resources.flatMap((plural) =>
      verbs.map((verb) => ({
        account,
        namespace,
        resource: group === '' ? plural : `${group}/${plural}`,
        verb,
        names: resourceNames,
      })),
    ),
  );
}
