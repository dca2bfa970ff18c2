import { UserError } from '@ebb/base';
import { Command, InvalidArgumentError } from 'commander';
import { type ClusterOptions, connect, withClusterOptions } from '../client/connect.ts';
import { type EciPanel, type FaultWish, findPanel } from '../client/eci-panel.ts';
import { alignColumns } from '../client/table.ts';
import type { Io } from '../io.ts';

/** `ebb eci`: what instances the local ECI has, and what shall go wrong in it. */
export function eciCommand(io: Io): Command {
  const command = new Command('eci').description('See the instances of the local ECI, and let things go wrong there.');
  /** A command that works on the panel. */
  const add = (
    name: string,
    description: string,
    act: (panel: EciPanel, command: Command, args: string[]) => Promise<string>,
  ): Command => {
    const made = withClusterOptions(new Command(name).description(description)).action(async (...given: unknown[]) => {
      const options = made.opts<ClusterOptions>();
      await using connection = connect(options, io);
      const args = given.filter((each): each is string => typeof each === 'string');
      io.out(await act(await findPanel(connection.client), made, args));
    });
    return made;
  };
  command.addCommand(add('list', 'Show the instances.', listInstances));
  command.addCommand(
    add('reclaim', 'Take a spot instance back, after the usual notice.', (panel, made, [name = '']) => {
      const { notice, force } = made.opts<{ notice?: number; force: boolean }>();
      return befall(panel, 'reclaim', name, { noticeMs: notice === undefined ? undefined : notice * 1000, force });
    })
      .argument('<instance>', 'its id, or its pod')
      .option('--notice <seconds>', 'how long ahead it is told (default: 180)', parseNumber)
      .option('--force', 'though its protected hour is not over', false),
  );
  command.addCommand(
    add('kill', 'Let the machine below an instance fail.', (panel, _made, [name = '']) =>
      befall(panel, 'kill', name, {}),
    ).argument('<instance>', 'its id, or its pod'),
  );
  command.addCommand(
    add('delete', "Delete an instance behind the virtual node's back.", (panel, _made, [name = '']) =>
      befall(panel, 'delete', name, {}),
    ).argument('<instance>', 'its id, or its pod'),
  );
  command.addCommand(faultCommand(add));
  command.addHelpText(
    'after',
    `
Examples:
  ebb eci list
  ebb eci fault add no-stock --zone local-a
  ebb eci fault add error --action CreateContainerGroup --code Throttling --share 0.2
  ebb eci fault clear
  ebb eci reclaim hello-00001-abcde --notice 10 --force`,
  );
  return command;
}

type Add = (
  name: string,
  description: string,
  act: (panel: EciPanel, command: Command, args: string[]) => Promise<string>,
) => Command;

function faultCommand(add: Add): Command {
  const command = new Command('fault').description('Let things go wrong until they are cleared.');
  command.addCommand(add('list', 'Show what goes wrong at present.', listFaults));
  command.addCommand(
    add('clear', 'End a fault, or all.', async (panel, _made, [id]) => {
      const count = await panel.clearFaults(id);
      if (id !== undefined && count === 0)
        throw new UserError(`there is no fault ${id}; ebb eci fault list shows them`);
      return `${count} cleared\n`;
    }).argument('[id]'),
  );
  command.addCommand(
    add('add', 'Let something go wrong.', async (panel, made, [kind = '']) => {
      const { id } = await panel.addFault(wishOf(kind, made.opts<FaultOptions>()));
      return `${id} added\n`;
    })
      .argument('<kind>', 'error, delay, lost-answer, bad-answer, no-stock, lag, omit or spot-price')
      .option(
        '--action <name>',
        'error, delay, lost-answer, bad-answer: of which calls, such as CreateContainerGroup (default: any)',
      )
      .option('--code <code>', 'error: what is answered, such as Throttling')
      .option('--times <n>', 'error, delay, lost-answer, bad-answer: only the next so many calls', parseNumber)
      .option(
        '--share <share>',
        'of how many calls, 0 to 1; omit: of the groups; spot-price: of the list price',
        parseNumber,
      )
      .option('--form <form>', 'bad-answer: html, half or nothing (default: html)')
      .option('--ms <ms>', 'delay: before it is done; lag: how late groups are told of', parseNumber)
      .option('--zone <zone>', 'no-stock, spot-price: where (default: everywhere)')
      .option('--spec <spec>', 'no-stock: of this size and above, such as 2-4Gi (default: any)')
      .option('--spot', 'no-stock: of spot instances only')
      .option('--late', 'no-stock: seen only after the group was made'),
  );
  return command;
}

interface FaultOptions {
  readonly action?: string;
  readonly code?: string;
  readonly times?: number;
  readonly share?: number;
  readonly form?: string;
  readonly ms?: number;
  readonly zone?: string;
  readonly spec?: string;
  readonly spot?: boolean;
  readonly late?: boolean;
}

function wishOf(kind: string, options: FaultOptions): FaultWish {
  const { action, code, times, share, form, ms, zone, spec, spot, late } = options;
  return { kind, action, code, times, share, form, ms, zone, spec, spot, late };
}

async function befall(
  panel: EciPanel,
  deed: 'reclaim' | 'kill' | 'delete',
  name: string,
  options: { readonly noticeMs?: number | undefined; readonly force?: boolean },
): Promise<string> {
  const { id, pod, status } = await panel.befall(name, deed, options);
  return `${id} of ${pod}: ${status}\n`;
}

async function listInstances(panel: EciPanel): Promise<string> {
  const groups = await panel.groups();
  if (groups.length === 0) return 'no instances\n';
  const rows = groups.map(({ id, pod, status, zone, cpu, memory, instanceType, spot, ip }) => [
    id,
    pod,
    status,
    zone,
    instanceType ?? `${cpu}-${memory}Gi`,
    spot === undefined ? 'no' : 'yes',
    ip ?? '',
  ]);
  return alignColumns([['ID', 'POD', 'STATUS', 'ZONE', 'SPEC', 'SPOT', 'IP'], ...rows]);
}

async function listFaults(panel: EciPanel): Promise<string> {
  const faults = await panel.faults();
  if (faults.length === 0) return 'nothing goes wrong\n';
  const rows = faults.map(({ id, fault: { kind, ...rest }, hits }) => [
    id,
    kind,
    String(hits),
    Object.entries(rest)
      .map(([key, value]) => `${key}=${String(value)}`)
      .join(' '),
  ]);
  return alignColumns([['ID', 'KIND', 'HITS', 'WHAT'], ...rows]);
}

function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value)) throw new InvalidArgumentError('a number.');
  return value;
}
