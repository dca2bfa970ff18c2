import { keys, resources } from '@ebb/api';
import { UserError } from '@ebb/base';
import { Command, Option } from 'commander';
import { type ClusterOptions, connect, withClusterOptions } from '../client/connect.ts';
import { alignColumns } from '../client/table.ts';
import type { Io } from '../io.ts';

interface Options extends ClusterOptions {
  readonly output: 'table' | 'json';
}

interface Told {
  readonly revision: string;
  readonly pod: string;
  readonly gateway: string;
  readonly waiting: number;
  /** Milliseconds since the epoch. */
  readonly accepted: number;
  /** Milliseconds after that. */
  readonly steps: Readonly<Record<string, number>>;
}

/** `ebb cold-starts hello`: where the time went when requests found no instance. */
export function coldStartsCommand(io: Io, signal: AbortSignal): Command {
  const command = new Command('cold-starts')
    .description('Tell where the time went when requests of a Service or Revision found no instance.')
    .argument('<name>', 'a Service or Revision')
    .addOption(new Option('-o, --output <form>', 'how to print them').choices(['table', 'json']).default('table'))
    .addHelpText(
      'after',
      `
Times are milliseconds after the first request was accepted; those of the API server are whole seconds. Each gateway tells of its own cold
starts by Events on the Revision, which the API server keeps for an hour.

Examples:
  ebb cold-starts hello
  ebb cold-starts hello-00002 -o json`,
    );
  return withClusterOptions(command).action(async (name: string, { output, ...cluster }: Options) => {
    await using connection = connect(cluster, io);
    const { client, namespace } = connection;
    const { items } = await client.list(resources.revisions, { namespace, signal });
    const revisions = items.filter(
      ({ metadata }) => metadata.name === name || metadata.labels?.[keys.service] === name,
    );
    if (revisions.length === 0) {
      throw new UserError(`no Service or Revision ${name} in namespace ${namespace}; ebb get ksvc lists the Services`);
    }
    const names = new Set(revisions.map(({ metadata }) => metadata.name ?? ''));
    const fieldSelector = 'involvedObject.kind=Revision';
    const events = await client.list(resources.events, { namespace, fieldSelector, signal });
    const { readColdStart } = await import('@ebb/gateway-slb');
    const told = events.items.flatMap((event): Told[] => {
      const { name: revision = '' } = event.involvedObject;
      const coldStart = names.has(revision) ? readColdStart(event) : undefined;
      return coldStart ? [{ revision, ...coldStart }] : [];
    });
    io.out(
      print(
        told.toSorted((a, b) => a.accepted - b.accepted),
        output,
      ),
    );
  });
}

function print(told: readonly Told[], output: Options['output']): string {
  if (output === 'json') {
    const all = told.map(({ accepted, ...rest }) => ({ ...rest, accepted: new Date(accepted).toISOString() }));
    return `${JSON.stringify(all, undefined, 2)}\n`;
  }
  if (told.length === 0) return 'no cold starts in the last hour\n';
  const steps = [...new Set(told.flatMap((each) => Object.keys(each.steps)))];
  const rows = told.map((each) => [
    new Date(each.accepted).toISOString(),
    each.pod,
    each.gateway,
    String(each.waiting),
    ...steps.map((step) => each.steps[step]?.toFixed(1) ?? '-'),
  ]);
  const head = [
    'ACCEPTED',
    'POD',
    'GATEWAY',
    'WAITING',
    ...steps.map((step) => step.toUpperCase().replaceAll(' ', '-')),
  ];
  return alignColumns([head, ...rows]);
}
