import { Command, InvalidArgumentError, Option } from 'commander';
import type { Io } from '../io.ts';
import type { SimulateOptions } from '../simulate/simulate.ts';
import { parseTime } from './parse-time.ts';

/** `ebb simulate`: a trace of requests, run through the autoscaler on a virtual clock, once for each variant of a Service. */
export function simulateCommand(io: Io): Command {
  return new Command('simulate')
    .description(
      'Run a trace of requests through the autoscaler on a virtual clock: pods, waits and cost of each variant.',
    )
    .requiredOption('-s, --service <file>', 'manifest of the Service')
    .option(
      '-t, --trace <file>',
      'CSV of requests (time, duration) or of rates (time, rps); times as seconds, dates or 1m30s',
    )
    .option('-g, --generate <trace>', 'a made one instead: steady, ramp, spike, diurnal or heavy-tailed')
    .option(
      '--set <key=value>',
      'change an annotation, containerConcurrency, or config.<key>; may be repeated',
      collect,
      [],
    )
    .option(
      '--variant <name:key=value,…>',
      'one more variant, side by side with the others; may be repeated',
      collect,
      [],
    )
    .option('--service-time <time>', 'what a request takes, if the trace does not say (default: "exponential:100ms")')
    .option('--start-up <time>', 'what a pod takes to become ready', 'uniform:3s,9s')
    .option(
      '--fails-after <time>',
      'how long a pod is ready before it fails with what it works on (default: none fails)',
    )
    .option(
      '--reclaimed-after <time>',
      'how old a spot pod is when its provider says that it will be taken back, three minutes later (default: none is)',
    )
    .option('--workers <count>', 'requests an instance works on at a time (default: all it is given)', parseCount)
    .option('--cpu <cores>', 'cores that a request keeps busy, for classes hpa and ppa', parseCores)
    .option('--skip <duration>', 'part of the trace that is lived through but not counted', '0s')
    .addOption(
      new Option('--start <time>', 'when a trace without dates begins')
        .argParser(parseTime)
        .default(Date.UTC(2026, 0, 5), '2026-01-05T00:00:00Z, a Monday'),
    )
    .addOption(new Option('--seed <number>', 'the same seed gives the same result').argParser(parseSeed).default(1))
    .addOption(new Option('--currency <name>', 'of the cost').choices(['CNY', 'USD']).default('CNY'))
    .addOption(
      new Option('--spot-share <share>', 'what spot instances cost of the list price')
        .argParser(parseShare)
        .default(0.3),
    )
    .option('--plot <file>', 'draw arrivals, pods and waiting requests, as SVG')
    .addOption(new Option('-o, --output <form>', 'how').choices(['table', 'json']).default('table'))
    .addHelpText(
      'after',
      `
Times: 200ms, uniform:1s,3s (shortest, longest), exponential:200ms (mean), lognormal:200ms,900ms (median, 99th percentile);
of a request also by a column of the trace: column:generated_tokens*20ms+50ms.
Generators, with their defaults:
  steady:rate=10,for=1h                          ramp:from=1,to=100,for=1h
  spike:rate=5,to=200,at=20m,lasts=2m,for=1h     heavy-tailed:rate=10,shape=1.5,for=1h
  diurnal:low=1,high=20,peak=14h,burst=0,at=9h,rise=0s,lasts=30m,for=24h

Examples:
  ebb simulate -s service.yaml -t requests.csv --set window=30s
  ebb simulate -s service.yaml -g spike --variant precise:class=mpa --variant quick:window=10s,target=5 --plot out.svg`,
    )
    .action(async (options: SimulateOptions) => {
      const { runSimulate } = await import('../simulate/simulate.ts');
      await runSimulate(options, io);
    });
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

function parseCount(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('a whole number from 1 to 9999.');
  return Number(text);
}

function parseCores(text: string): number {
  const cores = Number(text);
  if (text === '' || !(cores >= 0 && cores <= 1000)) throw new InvalidArgumentError('a number of cores, such as 0.2.');
  return cores;
}

function parseSeed(text: string): number {
  if (!/^-?\d{1,9}$/.test(text)) throw new InvalidArgumentError('a whole number of at most nine digits.');
  return Number(text);
}

function parseShare(text: string): number {
  const share = Number(text);
  if (text === '' || !(share >= 0 && share <= 1)) throw new InvalidArgumentError('a number from 0 to 1.');
  return share;
}
