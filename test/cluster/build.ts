import { CannotBuild, ensureBinaries } from './binaries.ts';

/** What `scripts/run.mjs` takes for: this machine cannot, and nothing is wrong with Ebb. */
const cannotBuild = 3;

const say = (line: string): void => void process.stdout.write(`▸ ${line}\n`);

ensureBinaries(say).catch((error: unknown) => {
  if (!(error instanceof CannotBuild)) throw error;
  say(`the stories on a real kube-apiserver are skipped: ${error.message}`);
  process.exitCode = cannotBuild;
});
