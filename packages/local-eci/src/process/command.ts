import { existsSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, relative, resolve } from 'node:path';
import { expand } from '../lifecycle/expand.ts';
import type { ContainerSpec } from '../model.ts';
import type { AppFolder } from './apps.ts';

/** What to execute: a file and its arguments. */
export interface CommandLine {
  readonly file: string;
  readonly args: readonly string[];
}

/**
 * The command of a container: its own `command` and `args`, or the app's start command with the container's `args` after
 * it, as with an image's entry point.
 */
export function commandLine(
  spec: ContainerSpec,
  app: AppFolder,
  environment: Readonly<Record<string, string>>,
): CommandLine {
  const args = spec.args.map((arg) => expand(arg, environment));
  const [file, ...rest] = spec.command.map((word) => expand(word, environment));
  if (file !== undefined) return { file, args: [...rest, ...args] };
  const start = args.length === 0 ? app.command : `${app.command} "$@"`;
  return { file: '/bin/sh', args: ['-c', isSimple(app.command) ? `exec ${start}` : start, 'start', ...args] };
}

/** The folder a container runs in. Throws if it does not exist or is not below the app's. */
export function workingFolder({ workingDir }: ContainerSpec, { folder }: AppFolder): string {
  if (workingDir === undefined) return folder;
  const path = resolve(folder, isAbsolute(workingDir) ? `.${workingDir}` : workingDir);
  if (!existsSync(path) || !statSync(path).isDirectory()) {
    throw new Error(`the working directory ${workingDir} does not exist in ${folder}`);
  }
  if (relative(realpathSync(folder), realpathSync(path)).startsWith('..')) {
    throw new Error(`the working directory ${workingDir} is not below ${folder}`);
  }
  return path;
}

/**
 * True if a shell may be told to become the command itself, so that signals and exit codes are the app's own: one simple
 * command, with no operator, substitution or leading assignment.
 */
function isSimple(command: string): boolean {
  return !/[;&|<>(){}`\n]|^\s*\w+=|^\s*(exec|cd|export|source|\.|if|for|while|until|case|set|eval|!)\s/.test(command);
}
