// Keeps the processes of a test cluster. It is a process of its own, told over IPC what to start; when whoever told it is
// gone, by whatever death, it ends them all and removes their folder.
import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

const [folder] = process.argv.slice(2);
const children = [];
const graceMs = 3000;

process.on('message', ({ name, command, args }) => {
  const log = openSync(join(folder, `${name}.log`), 'w');
  const child = spawn(command, args, { cwd: folder, stdio: ['ignore', log, log] });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.once('error', (error) => process.send?.({ name, ended: error.message }));
  child.once('exit', (code, signal) => process.connected && process.send({ name, ended: `exit ${code ?? signal}` }));
  children.push({ child, exited });
});

process.once('disconnect', () => {
  endAll().then(
    () => process.exit(0),
    () => process.exit(1),
  );
});

/** The last one started goes first: the API server still has its etcd while it ends. */
async function endAll() {
  for (const { child, exited } of children.reverse()) {
    child.kill('SIGTERM');
    const impatient = setTimeout(() => child.kill('SIGKILL'), graceMs);
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) await exited;
    clearTimeout(impatient);
  }
  await rm(folder, { recursive: true, force: true });
}
