import { text } from 'node:stream/consumers';
import { UserError, messageOf } from '@ebb/base';
import type { KubernetesObject } from '@ebb/api';
import { Command } from 'commander';
import { applyObject } from '../client/apply.ts';
import { type ClusterOptions, connect, withClusterOptions } from '../client/connect.ts';
import { discover } from '../client/discovery.ts';
import { nameOf } from '../client/names.ts';
import { type ManifestObject, findManifests, namespacesFirst, parseManifest, readManifest } from '../dev/manifests.ts';
import type { Io } from '../io.ts';

interface Options extends ClusterOptions {
  readonly filename: readonly string[];
  readonly dryRun: boolean;
}

/** `ebb apply -f`: server-side apply of manifests. */
export function applyCommand(io: Io): Command {
  const command = new Command('apply')
    .description('Create or change what manifests describe (server-side apply).')
    .requiredOption('-f, --filename <path...>', 'file, folder, or - for standard input')
    .option('--dry-run', 'let the server check it and change nothing', false)
    .addHelpText('after', '\nExample:\n  ebb apply -f examples/hello/service.yaml');
  return withClusterOptions(command).action(async (options: Options) => {
    const objects = namespacesFirst(await readAll(options.filename));
    if (objects.length === 0) throw new UserError(`no manifests in ${options.filename.join(', ')}`);
    await using connection = connect(options, io);
    const { client, namespace } = connection;
    const { dryRun } = options;
    const discovery = await discover(client);
    let failed = 0;
    for (const { object, file } of objects) {
      try {
        const resource = discovery.forObject(object);
        const { object: live, applied } = await applyObject<KubernetesObject>(client, resource, object, {
          namespace,
          dryRun,
        });
        io.out(`${nameOf(resource, live)} ${applied}${dryRun ? ' (dry run)' : ''}\n`);
      } catch (error) {
        failed++;
        io.err(`ebb: ${file}: ${object.kind} ${object.metadata.name ?? ''}: ${messageOf(error)}\n`);
      }
    }
    if (failed > 0) throw new UserError(`${failed} of ${objects.length} objects could not be applied`);
  });
}

/** The objects of files, folders and standard input, in order. */
export async function readAll(paths: readonly string[]): Promise<ManifestObject[]> {
  const read = paths.map(async (path) => {
    if (path === '-') return parseManifest(await text(process.stdin), '-');
    return (await Promise.all((await findManifests([path])).map(readManifest))).flat();
  });
  return (await Promise.all(read)).flat();
}
