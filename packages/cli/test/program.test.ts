import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runProgram } from '../src/program.ts';

/** Runs a command line in an empty folder with an empty home. */
async function ebb(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'ebb-cli-'));
  let [out, err] = ['', ''];
  try {
    const code = await runProgram(args, {
      out: (text) => (out += text),
      err: (text) => (err += text),
      exit: () => {},
      env: { HOME: folder },
      cwd: folder,
      color: false,
    });
    return { code, out, err };
  } finally {
    await rm(folder, { recursive: true });
  }
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
