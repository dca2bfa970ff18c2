import { tmpdir } from 'node:os';
import { systemClock as clock } from '@ebb/base';
import { expect, it } from 'vitest';
import { ContainerLog } from '../lifecycle/container-log.ts';
import { startChild } from './child.ts';

it('lets nobody attach to what has ended: its output is in the log', async () => {
  const log = new ContainerLog(clock);
  const command = { file: '/bin/sh', args: ['-c', 'echo hello'] };
  const child = startChild({ command, cwd: tmpdir(), env: {}, marker: 'child.test', log, stdin: true, clock });
  await child.exited;
  await expect(child.attach({ stdin: true, tty: false })).rejects.toThrow('has ended');
  expect(log.lines.map(({ text }) => text.toString())).toEqual(['hello']);
});
