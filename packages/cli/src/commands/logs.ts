import { UserError } from '@ebb/base';
import { type KubernetesObject, type Pod, type Resource, isNotFound, keys, resources } from '@ebb/api';
import type { RemoteKubeClient } from '@ebb/kube';
import { Command, InvalidArgumentError } from 'commander';
import { type ClusterOptions, connect, withClusterOptions } from '../client/connect.ts';
import { pathOf } from '../client/discovery.ts';
import type { Io } from '../io.ts';
import { prefixLines } from '../client/lines.ts';

interface Options extends ClusterOptions {
  readonly follow: boolean;
  readonly tail?: number;
  readonly container?: string;
  readonly previous: boolean;
}

/** `ebb logs -f hello`: what the pods of a Service or Revision, or one pod, print. */
export function logsCommand(io: Io, signal: AbortSignal): Command {
  const command = new Command('logs')
    .description('Show what the instances of a Service or Revision, or one pod, print.')
    .argument('<name>', 'a Service, Revision or pod')
    .option('-f, --follow', 'go on as more is printed, and as instances come', false)
    .option('--tail <lines>', 'only the last lines of each instance', parseLines)
    .option('-c, --container <name>', 'which container, where there are several')
    .option('--previous', 'of the container before its last restart', false)
    .addHelpText('after', '\nExamples:\n  ebb logs hello\n  ebb logs -f --tail 20 hello-00002');
  return withClusterOptions(command).action(async (name: string, options: Options) => {
    await using connection = connect(options, io);
    const { client, namespace } = connection;
    const selector = await selectorOf(client, name, namespace);
    const { items, metadata } = await client.list(resources.pods, { namespace, ...selector });
    if (items.length === 0 && !options.follow) {
      io.err(`No pods of ${name} at the moment; ebb logs -f ${name} waits for the next one.\n`);
      return;
    }
    const printed = new Set<string>();
    const print = (pod: Pod): Promise<void> => {
      const printing = printLog(client, pod, { io, signal, options, alone: 'fieldSelector' in selector });
      printing.catch(() => undefined); // Told at the end, with the others: until then nobody waits for it.
      return printing;
    };
    const running = items.map((pod) => (printed.add(pod.metadata.uid ?? ''), print(pod)));
    if (options.follow && !('fieldSelector' in selector)) {
      const since = {
        resourceVersion: metadata.resourceVersion ?? '',
        namespace,
        ...selector,
        signal,
      };
      for await (const event of client.watch(resources.pods, since)) {
        if (event.type !== 'ADDED' && event.type !== 'MODIFIED') continue;
        const uid = event.object.metadata.uid ?? '';
        if (printed.has(uid) || event.object.status?.phase !== 'Running') continue;
        printed.add(uid);
        running.push(print(event.object));
      }
    }
    await Promise.all(running);
  });
}

function parseLines(text: string): number {
  const lines = Number(text);
  if (!Number.isInteger(lines) || lines < 0) throw new InvalidArgumentError('a whole number of lines.');
  return lines;
}

/** Which pods `name` means: a Service's, a Revision's, or the pod of that name. */
async function selectorOf(
  client: RemoteKubeClient,
  name: string,
  namespace: string,
): Promise<{ labelSelector: string } | { fieldSelector: string }> {
  const exists = async (resource: Resource<KubernetesObject>): Promise<boolean> =>
    client.get(resource, { namespace, name }).then(
      () => true,
      (error: unknown) => {
        if (isNotFound(error)) return false;
        throw error;
      },
    );
  if (await exists(resources.services)) return { labelSelector: `${keys.service}=${name}` };
  if (await exists(resources.revisions)) return { labelSelector: `${keys.revision}=${name}` };
  if (await exists(resources.pods)) return { fieldSelector: `metadata.name=${name}` };
  throw new UserError(`no Service, Revision or pod named "${name}" in namespace ${namespace}`);
}

interface PrintOptions {
  readonly io: Io;
  readonly signal: AbortSignal;
  readonly options: Options;
  /** One pod was asked for: its lines need no name before them. */
  readonly alone: boolean;
}

async function printLog(
  client: RemoteKubeClient,
  pod: Pod,
  { io, signal, options, alone }: PrintOptions,
): Promise<void> {
  const { name = '', namespace } = pod.metadata;
  const query = new URLSearchParams();
  const container = options.container ?? pod.metadata.annotations?.['kubectl.kubernetes.io/default-container'];
  if (container) query.set('container', container);
  if (options.follow) query.set('follow', 'true');
  if (options.previous) query.set('previous', 'true');
  if (options.tail !== undefined) query.set('tailLines', String(options.tail));
  const path = `${pathOf(resources.pods, { namespace, name })}/log?${query.toString()}`;
  const prefix = alone ? '' : `[${name}] `;
  for await (const lines of prefixLines(client.stream(path, { signal }), prefix)) io.out(lines);
}
