import { Command, Option } from 'commander';
import { type ClusterOptions, connect, withClusterOptions } from '../client/connect.ts';
import { type PanelBill, type PanelBillItem, findPanel } from '../client/eci-panel.ts';
import { alignColumns } from '../client/table.ts';
import type { Io } from '../io.ts';
import { parseTime } from './parse-time.ts';

const levels = ['service', 'revision', 'pod'] as const;
type Level = (typeof levels)[number];

interface Options extends ClusterOptions {
  readonly by: Level;
  readonly currency: 'CNY' | 'USD';
  /** Milliseconds since the epoch. */
  readonly since?: number;
  readonly until?: number;
  readonly output: 'table' | 'json';
}

/** `ebb cost`: what the instances have cost, by the second, at ECI's published prices. */
export function costCommand(io: Io): Command {
  const command = new Command('cost')
    .description("Tell what instances have cost: by the second, at ECI's published prices.")
    .addOption(new Option('--by <level>', 'a line for each').choices(levels).default('service'))
    .addOption(new Option('--currency <currency>', 'in').choices(['CNY', 'USD']).default('CNY'))
    .option('--since <time>', 'from then on, such as 2026-01-02T15:04:05Z (default: all)', parseTime)
    .option('--until <time>', 'up to then (default: now)', parseTime)
    .addOption(new Option('-o, --output <form>', 'how').choices(['table', 'json']).default('table'))
    .addHelpText('after', '\nExamples:\n  ebb cost\n  ebb cost --by pod --currency USD');
  return withClusterOptions(command).action(async ({ by, currency, since, until, output, ...cluster }: Options) => {
    await using connection = connect(cluster, io);
    const panel = await findPanel(connection.client);
    const bill = await panel.bill({ currency, sinceMs: since, untilMs: until });
    io.out(output === 'json' ? `${JSON.stringify(bill, null, 2)}\n` : printBill(bill, by));
  });
}

/** A bill as a table: a line for each service, revision or pod, the dearest first, and their sum. */
export function printBill({ currency, items }: PanelBill, by: Level): string {
  if (items.length === 0) return 'nothing was run, and nothing is to be paid\n';
  const lines = new Map<
    string,
    { name: string; instances: number; seconds: number; discount: number; amount: number }
  >();
  for (const item of items) {
    const name = nameOf(item, by);
    const line = lines.get(name) ?? { name, instances: 0, seconds: 0, discount: 0, amount: 0 };
    line.instances += 1;
    line.seconds += item.seconds;
    line.discount += item.discount;
    line.amount += item.amount;
    lines.set(name, line);
  }
  const sorted = [...lines.values()].toSorted((a, b) => b.amount - a.amount || (a.name < b.name ? -1 : 1));
  const total = sorted.reduce(
    (sum, { instances, seconds, discount, amount }) => ({
      name: 'total',
      instances: sum.instances + instances,
      seconds: sum.seconds + seconds,
      discount: sum.discount + discount,
      amount: sum.amount + amount,
    }),
    { name: 'total', instances: 0, seconds: 0, discount: 0, amount: 0 },
  );
  const row = ({ name, instances, seconds, discount, amount }: typeof total): string[] => [
    name,
    String(instances),
    String(seconds),
    discount.toFixed(6),
    amount.toFixed(6),
  ];
  const head = [by.toUpperCase(), 'INSTANCES', 'SECONDS', 'COUPONS', currency];
  return alignColumns([head, ...sorted.map(row), row(total)]);
}

function nameOf({ namespace, service, revision, pod }: PanelBillItem, by: Level): string {
  const name = { service: service || pod, revision: revision || pod, pod }[by];
  return namespace === '' ? name : `${namespace}/${name}`;
}
