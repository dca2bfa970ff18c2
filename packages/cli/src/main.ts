import { runProgram } from './program.ts';

// Stack traces then speak of the sources, not of the files that the build puts them into.
if (process.env['EBB_DEBUG']) process.setSourceMapsEnabled(true);

let isUnheard = false;
for (const stream of [process.stdout, process.stderr]) {
  // Whoever read what we print is gone, as `head` is after its lines: end in order, as if the terminal had been closed.
  stream.on('error', () => {
    if (!isUnheard) process.kill(process.pid, 'SIGHUP');
    isUnheard = true;
  });
}

process.exitCode = await runProgram(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  exit: (code) => process.exit(code),
  env: process.env,
  cwd: process.cwd(),
  color: process.stdout.isTTY === true && !process.env['NO_COLOR'],
});
