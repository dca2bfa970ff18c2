import { isDeepStrictEqual } from 'node:util';
import type { KubernetesObject, Resource } from '@ebb/api';
import type { KubeClient } from '@ebb/kube';

/** What Services and Configurations have in common. */
interface Templated extends KubernetesObject {
  readonly spec?: { readonly template?: Template };
}

interface Template {
  readonly metadata?: { readonly name?: string };
}

/**
 * The object with its revision template as `before` has it, where the template has a name of its own and comes to the same with its
 * defaults. Knative takes no change of such a template without a new name, and sees one in each default that a manifest leaves out
 * (serving-api.md, section 11): not even the traffic beside it could be changed.
 */
export async function withStoredTemplate<T extends KubernetesObject>(
  client: KubeClient,
  resource: Resource<T>,
  object: T,
  before: KubernetesObject | undefined,
): Promise<T> {
  if (resource.group !== 'serving.knative.dev' || !before) return object;
  const { spec } = object as Templated;
  const stored = (before as Templated).spec?.template;
  const name = spec?.template?.metadata?.name;
  if (!name || stored?.metadata?.name !== name) return object;
  const defaulted = await defaultedTemplate(client, resource, object, before.metadata.namespace);
  if (!isDeepStrictEqual(named(defaulted, name), stored)) return object;
  return { ...object, spec: { ...spec, template: stored } };
}

/** The template as the cluster would store it in an object of another name; undefined where it would not. */
async function defaultedTemplate<T extends KubernetesObject>(
  client: KubeClient,
  resource: Resource<T>,
  object: T,
  namespace: string | undefined,
): Promise<Template | undefined> {
  const asked = {
    ...object,
    metadata: { generateName: 'template-', namespace },
    spec: { template: named((object as Templated).spec?.template, undefined) },
  } as unknown as T;
  try {
    return ((await client.create(resource, asked, { dryRun: true })) as Templated).spec?.template;
  } catch {
    // What is wrong with it, the apply that follows says of the object itself.
    return undefined;
  }
}

function named(template: Template | undefined, name: string | undefined): Template | undefined {
  const { name: _, ...metadata } = template?.metadata ?? {};
  return template && { ...template, metadata: name === undefined ? metadata : { ...metadata, name } };
}
