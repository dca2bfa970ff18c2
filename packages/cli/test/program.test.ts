import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockFolder } from '@ebb/base';
import { expect, it } from 'vitest';
import { runProgram } from '../src/program.ts';

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in an empty folder with an empty home. */
function ebb(...args: string[]): Promise<Ended> {
  return inFolder((folder) => ebbIn(folder, ...args));
}

async function inFolder<T>(story: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'ebb-cli-'));
  try {
    return await story(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function ebbIn(folder: string, ...args: string[]): Promise<Ended> {
  let [out, err] = ['', ''];
  const code = await runProgram(args, {
    out: (text) => (out += text),
    err: (text) => (err += text),
    exit: () => {},
    env: { HOME: folder },
    cwd: folder,
    color: false,
  });
  return { code, out, err };
}

it.each([
  ['get', 'ksvc'],
  ['logs', 'hello'],
  ['why', 'hello', '--at', '2026-01-02T15:04:05Z'],
  ['delete', 'ksvc', 'hello'],
  ['apply', '-f', '/dev/null'],
])('says in one line that there is no cluster or nothing to do: %s', async (...args) => {
  const { code, err } = await ebb(...args);
  expect(code).toBe(1);
  expect(err).toMatch(/^ebb: (no cluster: start one here with ebb dev|no manifests in).*\n$/);
});

it('says what is missing before it looks for a cluster', async () => {
  expect(await ebb('delete', 'ksvc')).toMatchObject({ code: 1, err: expect.stringContaining('say what to delete') });
});

it('shows help without a fault', async () => {
  for (const command of ['dev', 'run', 'apply', 'get', 'logs', 'delete']) {
    expect(await ebb(command, '--help')).toMatchObject({ code: 0, err: '', out: expect.stringContaining('Example') });
  }
});

it.each([
  [['dev', '--port', '0']],
  [['dev', '--port', '99999']],
  [['dev', '/no/such/folder']],
  [['run', '--components=brain']],
  [['bogus']],
])('refuses %j without a stack trace', async (args) => {
  const { code, err } = await ebb(...args);
  expect(code).toBe(1);
  expect(err).not.toContain('    at ');
});

it('leaves a folder to the ebb dev that has it', () =>
  inFolder(async (folder) => {
    await mkdir(join(folder, '.ebb'));
    await using _other = await lockFolder(join(folder, '.ebb'), String);
    const err = `ebb: an ebb dev runs in this folder already (process ${process.pid}); stop that one with Ctrl-C, or start this one in another folder\n`;
    expect(await ebbIn(folder, 'dev')).toEqual({ code: 1, out: '', err });
  }));
