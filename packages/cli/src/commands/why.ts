import { keys, resources } from '@ebb/api';
import { UserError } from '@ebb/base';
import { Command, Option } from 'commander';
import { type ClusterOptions, connect, withClusterOptions } from '../client/connect.ts';
import type { Io } from '../io.ts';
import { parseTime } from './parse-time.ts';

interface Options extends ClusterOptions {
  /** Milliseconds since the epoch. */
  readonly at?: number;
  readonly output: 'text' | 'json';
}

/** `ebb why hello`: how the scales of a Service's revisions, or of one revision, came about. */
export function whyCommand(io: Io, signal: AbortSignal): Command {
  const command = new Command('why')
    .description('Tell why a Service or Revision has as many instances as it has.')
    .argument('<name>', 'a Service or Revision')
    .option('--at <time>', 'the decision in force then, such as 2026-01-02T15:04:05Z', parseTime)
    .addOption(
      new Option('-o, --output <form>', 'how; json has all that each decision stood on')
        .choices(['text', 'json'])
        .default('text'),
    )
    .addHelpText('after', '\nExamples:\n  ebb why hello\n  ebb why hello-00002 --at 2026-01-02T15:04:05Z');
  return withClusterOptions(command).action(async (name: string, { at, output, ...cluster }: Options) => {
    await using connection = connect(cluster, io);
    const { client, namespace } = connection;
    const { items } = await client.list(resources.podAutoscalers, { namespace, signal });
    const podAutoscalers = items.filter(
      ({ metadata }) => metadata.name === name || metadata.labels?.[keys.service] === name,
    );
    if (podAutoscalers.length === 0) {
      throw new UserError(
        `nothing called ${name} is scaled in namespace ${namespace}; ebb get ksvc lists the Services`,
      );
    }
    const fieldSelector = 'involvedObject.kind=PodAutoscaler';
    const events = await client.list(resources.events, { namespace, fieldSelector, signal });
    const { formatTold, toldAsJson } = await import('@ebb/autoscaler');
    const format = output === 'json' ? toldAsJson : formatTold;
    io.out(`${format({ podAutoscalers, events: events.items, atMs: at })}\n`);
  });
}
