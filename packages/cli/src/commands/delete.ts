import { UserError } from '@ebb/base';
import { type KubernetesObject, type Resource, isNotFound } from '@ebb/api';
import { Command } from 'commander';
import { type ClusterOptions, connect, withClusterOptions } from '../client/connect.ts';
import { discover } from '../client/discovery.ts';
import { nameOf } from '../client/names.ts';
import type { Io } from '../io.ts';
import { readAll } from './apply.ts';

interface Options extends ClusterOptions {
  readonly filename?: readonly string[];
  readonly ignoreNotFound: boolean;
}

/** `ebb delete ksvc hello` or `ebb delete -f file`. */
export function deleteCommand(io: Io): Command {
  const command = new Command('delete')
    .description('Delete objects by kind and name, or those that manifests describe.')
    .argument('[kind]', 'such as ksvc')
    .argument('[names...]')
    .option('-f, --filename <path...>', 'file, folder, or - for standard input')
    .option('--ignore-not-found', 'what is not there is no error', false)
    .addHelpText('after', '\nExamples:\n  ebb delete ksvc hello\n  ebb delete -f examples/hello/service.yaml');
  return withClusterOptions(command).action(async (kind: string | undefined, names: string[], options: Options) => {
    if (!options.filename && (!kind || names.length === 0))
      throw new UserError('say what to delete: ebb delete <kind> <name>, or -f <file>');
    await using connection = connect(options, io);
    const { client } = connection;
    const discovery = await discover(client);
    const remove = async (resource: Resource<KubernetesObject>, object: KubernetesObject): Promise<void> => {
      const namespace = resource.namespaced ? (object.metadata.namespace ?? connection.namespace) : undefined;
      try {
        await client.delete(
          resource,
          { namespace, name: object.metadata.name ?? '' },
          { propagationPolicy: 'Background' },
        );
        io.out(`${nameOf(resource, object)} deleted\n`);
      } catch (error) {
        if (!(options.ignoreNotFound && isNotFound(error))) throw error;
      }
    };
    if (options.filename) {
      for (const { object } of await readAll(options.filename)) await remove(discovery.forObject(object), object);
      return;
    }
    const [resource] = kind ? discovery.forName(kind) : [];
    if (resource) for (const name of names) await remove(resource, { metadata: { name } });
  });
}
