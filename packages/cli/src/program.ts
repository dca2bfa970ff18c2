import nodeCluster from 'node:cluster';
import { UserError, isAbort, messageOf } from '@ebb/base';
import { StatusError } from '@ebb/api';
import { Command, CommanderError } from 'commander';
import { applyCommand } from './commands/apply.ts';
import { costCommand } from './commands/cost.ts';
import { coldStartsCommand } from './commands/cold-starts.ts';
import { deleteCommand } from './commands/delete.ts';
import { devCommand } from './commands/dev.ts';
import { eciCommand } from './commands/eci.ts';
import { getCommand } from './commands/get.ts';
import { logsCommand } from './commands/logs.ts';
import { runCommand } from './commands/run.ts';
import { simulateCommand } from './commands/simulate.ts';
import { whyCommand } from './commands/why.ts';
import type { Io } from './io.ts';

const version = '0.1.0';

const fromTerminal = ['SIGINT', 'SIGHUP'] as const;

/** Runs one command line; returns the exit code. What a person can mend is told in one line, without a stack trace. */
export async function runProgram(args: readonly string[], io: Io): Promise<number> {
  const interrupted = new AbortController();
  const interrupt = (): void => {
    // Whoever asks twice does not want to wait for an orderly end.
    if (interrupted.signal.aborted) io.exit(130);
    interrupted.abort(new UserError('interrupted'));
  };
  // A terminal tells workers what it tells the process they belong to; they wait until that one tells them.
  const ignore = (): void => {};
  // A simulation computes without a pause in which a handler could be called: without one it ends at once.
  if (args[0] !== 'simulate') {
    process.on('SIGTERM', interrupt);
    for (const name of fromTerminal) process.on(name, nodeCluster.isWorker ? ignore : interrupt);
  }
  try {
    await createProgram(io, interrupted.signal).parseAsync([...args], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    if (interrupted.signal.aborted && (error === interrupted.signal.reason || isAbort(error))) return 130;
    io.err(`ebb: ${explain(error, io)}\n`);
    return 1;
  } finally {
    for (const name of ['SIGTERM', ...fromTerminal] as const) process.off(name, interrupt).off(name, ignore);
  }
}

/** One line for a person's mistake or a server's refusal; for a fault of ours the stack too, where asked for. */
function explain(error: unknown, { env }: Io): string {
  if (error instanceof UserError) return error.message;
  if (isRefused(error)) return `${messageOf(error)}; is that cluster running? ebb dev starts one`;
  if (error instanceof StatusError) return `error from server (${error.reason}): ${error.message}`;
  if (env['EBB_DEBUG'] && error instanceof Error) return error.stack ?? error.message;
  return `${messageOf(error)} (a fault of Ebb's own; EBB_DEBUG=1 shows where)`;
}

function isRefused(error: unknown): boolean {
  for (let e: unknown = error; e instanceof Error; e = e.cause)
    if ('code' in e && e.code === 'ECONNREFUSED') return true;
  return false;
}

function createProgram(io: Io, signal: AbortSignal): Command {
  const program = new Command('ebb')
    .description(
      'Knative Services on a serverless node: deploy a manifest, get a URL, pay for nothing while nobody asks.',
    )
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .showHelpAfterError('(ebb --help shows what there is)')
    .addHelpText(
      'after',
      `
Examples:
  ebb dev examples          everything on this machine: cluster, gateway, your services
  ebb get ksvc              what is deployed, and its URL
  ebb logs -f hello         what the service says
  ebb why hello             how its number of instances came about
  ebb cold-starts hello     where the time went when it had none
  ebb simulate --help       how many it would have had, for other requests or settings
  ebb apply -f hello.yaml   deploy a manifest to the cluster of your kubeconfig

kubectl works too: ebb dev prints the KUBECONFIG line for it.`,
    );
  for (const create of [
    devCommand,
    runCommand,
    applyCommand,
    getCommand,
    logsCommand,
    whyCommand,
    coldStartsCommand,
    simulateCommand,
    deleteCommand,
    costCommand,
    eciCommand,
  ]) {
    const command = create(io, signal).copyInheritedSettings(program);
    program.addCommand(command.showHelpAfterError(`(ebb ${command.name()} --help shows what there is)`));
  }
  return program;
}
