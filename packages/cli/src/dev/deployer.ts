import { messageOf } from '@ebb/base';
import { type KubernetesObject, type Resource, isAlreadyExists, isNotFound, resources } from '@ebb/api';
import type { RemoteKubeClient } from '@ebb/kube';
import { type Applied, applyObject } from '../client/apply.ts';
import { discover } from '../client/discovery.ts';
import { type ManifestObject, isNamespace, namespacesFirst, readManifest } from './manifests.ts';
import { stampSource } from './stamp.ts';

/** What became of one object, or of one file that could not be read. */
export type Deployed =
  | { readonly kind: 'applied'; readonly what: Applied | 'deleted'; readonly object: KubernetesObject }
  | { readonly kind: 'failed'; readonly where: string; readonly message: string };

export interface DeployerOptions {
  readonly client: RemoteKubeClient;
  /** Where an object that names none goes; made if it is not there. */
  readonly namespace: string;
  /** The fingerprint of an app folder, by its name. */
  readonly hashOf: (app: string) => string | undefined;
  readonly report: (result: Deployed) => void;
}

/** Keeps the cluster in step with manifest files. */
export interface Deployer {
  /**
   * Applies the files, those with Namespaces first; an object that was in one of them before and is in no file now, is deleted. Never
   * rejects for a bad file.
   */
  readonly deploy: (files: readonly string[]) => Promise<void>;
}

interface Read {
  readonly file: string;
  readonly objects: readonly ManifestObject[];
}

interface Placed {
  readonly resource: Resource<KubernetesObject>;
  readonly namespace: string | undefined;
  readonly object: KubernetesObject;
}

/** A manager of its own, so that the stamp, which no manifest has, survives a `kubectl apply` of the same manifest. */
const fieldManager = 'ebb-dev';

/** A deployer that remembers what came from which file. */
export function createDeployer({ client, namespace, hashOf, report }: DeployerOptions): Deployer {
  const placedBy = new Map<string, Map<string, Placed>>();

  const read = async (file: string): Promise<Read | undefined> => {
    try {
      return { file, objects: namespacesFirst(await readManifest(file)) };
    } catch (error) {
      if (isMissing(error)) return { file, objects: [] };
      report({ kind: 'failed', where: file, message: messageOf(error) });
      return undefined;
    }
  };

  /** Returns what was in the file before and no longer is. */
  const deployFile = async ({ file, objects }: Read): Promise<Placed[]> => {
    const before = placedBy.get(file) ?? new Map<string, Placed>();
    const now = new Map<string, Placed>();
    for (const each of objects) {
      const placed = await apply(each);
      if (placed) now.set(keyOf(placed), placed);
      else keepFailed(each, before, now);
    }
    placedBy.set(file, now);
    return [...before].flatMap(([key, placed]) => (now.has(key) ? [] : [placed]));
  };

  const apply = async ({ file, object }: ManifestObject): Promise<Placed | undefined> => {
    try {
      const resource = (await discover(client)).forObject(object);
      const stamped = stampSource<KubernetesObject>(object, hashOf);
      const asked = { namespace, fieldManager, manifest: object };
      const { object: live, applied } = await applyObject(client, resource, stamped, asked);
      report({ kind: 'applied', what: applied, object: live });
      return { resource, namespace: live.metadata.namespace, object: live };
    } catch (error) {
      report({
        kind: 'failed',
        where: `${file} (${object.kind} ${object.metadata.name ?? ''})`,
        message: messageOf(error),
      });
      return undefined;
    }
  };

  /** A refused change is no removal: what was deployed before stays. */
  const keepFailed = ({ object }: ManifestObject, before: Map<string, Placed>, now: Map<string, Placed>): void => {
    for (const [key, placed] of before) {
      if (placed.object.kind === object.kind && placed.object.metadata.name === object.metadata.name)
        now.set(key, placed);
    }
  };

  const remove = async ({ resource, namespace: within, object }: Placed): Promise<void> => {
    try {
      await client.delete(resource, { namespace: within, name: object.metadata.name ?? '' });
      report({ kind: 'applied', what: 'deleted', object });
    } catch (error) {
      if (!isNotFound(error))
        report({ kind: 'failed', where: `deleting ${object.metadata.name}`, message: messageOf(error) });
    }
  };

  const openNamespace = async (): Promise<void> => {
    const made = client.create(resources.namespaces, { metadata: { name: namespace } });
    await made.catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error;
    });
  };

  return {
    deploy: async (files) => {
      await openNamespace();
      const found = (await Promise.all(files.map(read))).filter((each) => each !== undefined);
      const opensFirst = found.toSorted((a, b) => Number(opens(b)) - Number(opens(a)));
      const gone: Placed[] = [];
      for (const each of opensFirst) gone.push(...(await deployFile(each)));
      // It may have moved to another file, or the file to another name.
      const isSomewhere = (key: string): boolean => [...placedBy.values()].some((placed) => placed.has(key));
      for (const placed of gone) if (!isSomewhere(keyOf(placed))) await remove(placed);
    },
  };
}

/** Whether others may be in what it makes. */
function opens({ objects }: Read): boolean {
  return objects.some(isNamespace);
}

function keyOf({ resource, namespace, object }: Placed): string {
  return `${resource.group}/${resource.plural}/${namespace ?? ''}/${object.metadata.name ?? ''}`;
}

function isMissing(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
}
