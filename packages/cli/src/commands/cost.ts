import { UserError, messageOf, systemClock } from '@ebb/base';
import type { KubeClient } from '@ebb/kube';
import { parseCoupon } from '@ebb/local-eci';
import { readUsage } from '@ebb/virtual-node';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type ClusterOptions, connect, withClusterOptions } from '../client/connect.ts';
import { type BillWish, type PanelBill, type PanelBillItem, panelOf } from '../client/eci-panel.ts';
import { alignColumns } from '../client/table.ts';
import { billOfUsage } from '../client/usage-bill.ts';
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
  readonly coupon: readonly string[];
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
    .option(
      '--coupon <type,zone,count,off>',
      "with a reserved instance's coupon, such as ecs.g7.xlarge,cn-hangzhou-b,2,0.5; again for another",
      collectCoupon,
      [],
    )
    .addOption(new Option('-o, --output <form>', 'how').choices(['table', 'json']).default('table'))
    .addHelpText(
      'after',
      '\nOn a real cluster this is an estimate, of the newest 15,000 instances or so: from the notes its virtual nodes keep.',
    )
    .addHelpText('after', '\nExamples:\n  ebb cost\n  ebb cost --by pod --currency USD');
  return withClusterOptions(command).action(async ({ by, output, ...options }: Options) => {
    await using connection = connect(options, io);
    const { currency, since: sinceMs, until: untilMs, coupon: coupons } = options;
    const bill = await billOf(connection.client, { currency, sinceMs, untilMs, coupons });
    io.out(output === 'json' ? `${JSON.stringify(bill, null, 2)}\n` : printBill(bill, by));
  });
}

/** Adds a coupon that was given on the command line, if it is one. */
function collectCoupon(text: string, before: readonly string[]): readonly string[] {
  try {
    parseCoupon(text);
  } catch (error) {
    throw new InvalidArgumentError(messageOf(error));
  }
  return [...before, text];
}

/** By the ECI of this machine, where there is one; else by what the virtual nodes wrote down. */
async function billOf(client: KubeClient, wish: BillWish): Promise<PanelBill> {
  const panel = await panelOf(client);
  if (panel) return panel.bill(wish);
  const usages = await readUsage(client);
  if (usages.length > 0) return billOfUsage(usages, wish, systemClock.now());
  throw new UserError(
    'this cluster tells of no local ECI (those of ebb dev and ebb run --local-eci do), and its virtual nodes have written down no instances yet',
  );
}

const estimateNote =
  "An estimate, by ECI's published prices and what the virtual nodes noted: what is to be paid, the account's bill says.\n";

/** A bill as a table: a line for each service, revision or pod, the dearest first, and their sum. */
export function printBill({ currency, items, estimate = false }: PanelBill, by: Level): string {
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
  return alignColumns([head, ...sorted.map(row), row(total)]) + (estimate ? `\n${estimateNote}` : '');
}

function nameOf({ namespace, service, revision, pod }: PanelBillItem, by: Level): string {
  const name = { service: service || pod, revision: revision || pod, pod }[by];
  return namespace === '' ? name : `${namespace}/${name}`;
}
