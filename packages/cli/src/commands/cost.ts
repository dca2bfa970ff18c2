import { Command, Option } from 'commander';
import { withClusterOptions } from '../client/connect.ts';
import type { CostOptions } from '../cost/cost.ts';
import type { Io } from '../io.ts';
import { parseTime } from './parse-time.ts';

/** `ebb cost`: what the instances have cost, by the second, at ECI's published prices. */
export function costCommand(io: Io): Command {
  const command = new Command('cost')
    .description("Tell what instances have cost: by the second, at ECI's published prices.")
    .addOption(new Option('--by <level>', 'a line for each').choices(['service', 'revision', 'pod']).default('service'))
    .addOption(new Option('--currency <currency>', 'in').choices(['CNY', 'USD']).default('CNY'))
    .option('--since <time>', 'from then on, such as 2026-01-02T15:04:05Z (default: all)', parseTime)
    .option('--until <time>', 'up to then (default: now)', parseTime)
    .option(
      '--coupon <type,zone,count,off>',
      "with a reserved instance's coupon, such as ecs.g7.xlarge,cn-hangzhou-b,2,0.5; again for another",
      (text: string, before: readonly string[]) => [...before, text],
      [],
    )
    .addOption(new Option('-o, --output <form>', 'how').choices(['table', 'json']).default('table'))
    .addHelpText(
      'after',
      '\nOn a real cluster this is an estimate, of the newest 15,000 instances or so: from the notes its virtual nodes keep.',
    )
    .addHelpText('after', '\nExamples:\n  ebb cost\n  ebb cost --by pod --currency USD');
  return withClusterOptions(command).action(async (options: CostOptions) => {
    // Loaded here: the other commands are quicker without ECI's client and prices.
    const { tellCost } = await import('../cost/cost.ts');
    await tellCost(options, io);
  });
}
