import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { makeMessageFile, readMessage } from './termination-message.ts';

it('reads the end of a container’s last words, and nothing else it may have put there', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ebb-message-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = makeMessageFile(folder, 'app');
  expect(readMessage(file)).toBe('');
  writeFileSync(file, `${'x'.repeat(100_000)}the end`);
  expect(readMessage(file)).toHaveLength(4096);
  expect(readMessage(file)).toMatch(/the end$/);
  for (const put of [
    () => symlinkSync('/etc/passwd', file),
    // Nobody writes into it, and opening one usually waits for somebody who does.
    () => execFileSync('/bin/sh', ['-c', 'mkfifo "$0"', file]),
    () => undefined,
  ]) {
    rmSync(file, { force: true });
    put();
    expect(readMessage(file)).toBe('');
  }
});
