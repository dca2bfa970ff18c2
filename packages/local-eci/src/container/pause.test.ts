import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { pauseArchive } from './pause.ts';

describe('the image that holds a network', () => {
  it('is an archive of one program', () => {
    const list = execFileSync('tar', ['-tvf', '-'], { input: pauseArchive('amd64'), encoding: 'utf8' });
    expect(list).toMatch(/^-rwxr-xr-x 0\/0 +129 .* pause\n$/);
  });

  it.each([
    ['x86_64', 62],
    ['aarch64', 183],
  ])('is for a machine of its kind: %s', (architecture, machine) => {
    const program = pauseArchive(architecture).subarray(512);
    expect([program.toString('latin1', 0, 4), program.readUInt16LE(18)]).toEqual(['\x7fELF', machine]);
  });

  it('is not for other machines', () => {
    expect(() => pauseArchive('riscv64')).toThrow('only on amd64 and arm64');
  });
});
