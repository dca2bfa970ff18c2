import { UserError } from '@ebb/base';
import type { KubernetesObject, Resource } from '@ebb/api';
import type { RemoteKubeClient } from '@ebb/kube';
import { Command, Option } from 'commander';
import { stringify } from 'yaml';
import { getJson } from '../client/body.ts';
import { type ClusterOptions, connect, withClusterOptions } from '../client/connect.ts';
import { discover, pathOf } from '../client/discovery.ts';
import { nameOf, prefixOf } from '../client/names.ts';
import { type Table, printTable, tableAccept } from '../client/table.ts';
import type { Io } from '../io.ts';

type Output = 'table' | 'wide' | 'yaml' | 'json' | 'name';

interface Options extends ClusterOptions {
  readonly output: Output;
  readonly allNamespaces: boolean;
  readonly selector?: string;
}

/** `ebb get ksvc,rev`: what is there, in the server's own columns. */
export function getCommand(io: Io): Command {
  const command = new Command('get')
    .description('Show objects: ksvc, rev, route, pods, nodes and all else the server has.')
    .argument('<kinds>', 'one or more, such as ksvc,rev,pods')
    .argument('[name]')
    .addOption(
      new Option('-o, --output <form>', 'how').choices(['table', 'wide', 'yaml', 'json', 'name']).default('table'),
    )
    .option('-A, --all-namespaces', 'of all namespaces', false)
    .option('-l, --selector <labels>', 'only those with these labels')
    .addHelpText(
      'after',
      '\nExamples:\n  ebb get ksvc\n  ebb get ksvc,rev,route,pods,nodes\n  ebb get ksvc hello -o yaml',
    );
  return withClusterOptions(command).action(async (kinds: string, name: string | undefined, options: Options) => {
    await using connection = connect(options, io);
    const { client, namespace } = connection;
    const discovery = await discover(client);
    const resources = kinds.split(',').flatMap((kind) => discovery.forName(kind));
    const shown = [];
    for (const resource of resources) {
      const text = await show(client, resource, { name, namespace, options, several: resources.length > 1 });
      if (text !== '') shown.push(text);
    }
    if (shown.length === 0) io.err(`No resources found${options.allNamespaces ? '' : ` in ${namespace} namespace`}.\n`);
    else io.out(shown.join(options.output === 'name' ? '' : '\n'));
  });
}

interface Show {
  readonly name: string | undefined;
  readonly namespace: string;
  readonly options: Options;
  readonly several: boolean;
}

async function show(
  client: RemoteKubeClient,
  resource: Resource<KubernetesObject>,
  { name, namespace: within, options, several }: Show,
): Promise<string> {
  const { output, allNamespaces, selector } = options;
  const namespace = allNamespaces ? undefined : within;
  if (allNamespaces && name) throw new UserError('a name and --all-namespaces do not go together');
  const query = selector ? `?labelSelector=${encodeURIComponent(selector)}` : '';
  const path = `${pathOf(resource, { namespace, name })}${query}`;
  if (output === 'table' || output === 'wide') {
    const table = await getJson<Table>(client, path, { accept: tableAccept });
    const namePrefix = several ? prefixOf(resource) : '';
    const withNamespace = allNamespaces && resource.namespaced;
    return table.rows.length === 0 ? '' : printTable(table, { wide: output === 'wide', withNamespace, namePrefix });
  }
  const answer = await getJson<KubernetesObject & { items?: KubernetesObject[] }>(client, path);
  if (output === 'name') return (answer.items ?? [answer]).map((object) => `${nameOf(resource, object)}\n`).join('');
  return output === 'json' ? `${JSON.stringify(answer, null, 2)}\n` : stringify(answer);
}
