import { UserError, messageOf, systemClock } from '@ebb/base';
import type { KubeClient } from '@ebb/kube';
import { parseCoupon } from '@ebb/local-eci';
import { readUsage } from '@ebb/virtual-node';
import { type ClusterOptions, connect } from '../client/connect.ts';
import { type BillWish, type PanelBill, type PanelBillItem, panelOf } from '../client/eci-panel.ts';
import { alignColumns } from '../client/table.ts';
import type { Io } from '../io.ts';
import { billOfUsage } from './usage-bill.ts';

/** What has a line of its own. */
type Level = 'service' | 'revision' | 'pod';

export interface CostOptions extends ClusterOptions {
  readonly by: Level;
  readonly currency: 'CNY' | 'USD';
  /** Milliseconds since the epoch. */
  readonly since?: number;
  readonly until?: number;
  /** As `parseCoupon` reads them. */
  readonly coupon: readonly string[];
  readonly output: 'table' | 'json';
}

/** Prints what instances have cost. Throws `UserError` for a coupon that is none, and where nothing is known. */
export async function tellCost({ by, output, ...options }: CostOptions, io: Io): Promise<void> {
  const { currency, since: sinceMs, until: untilMs, coupon: coupons } = options;
  for (const coupon of coupons) checkCoupon(coupon);
  await using connection = connect(options, io);
  const bill = await billOf(connection.client, { currency, sinceMs, untilMs, coupons });
  io.out(output === 'json' ? `${JSON.stringify(bill, null, 2)}\n` : printBill(bill, by));
}

function checkCoupon(text: string): void {
  try {
    parseCoupon(text);
  } catch (cause) {
    throw new UserError(`--coupon: ${messageOf(cause)}`, { cause });
  }
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
