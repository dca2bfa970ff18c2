// Puts the Kubernetes client that `packages/kube/dist/client-node.js` names into that file, as far as it is used: it has a module for each kind of object, and
// loading hundreds of files takes a second of processor time at each start of `ebb`. Without this step all works as well. `npm run bench -- start` measures it.
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const file = join(root, 'packages', 'kube', 'dist', 'client-node.js');
const source = join(root, 'packages', 'kube', 'src', 'client-node.ts');
const installed = join(root, 'node_modules', '.package-lock.json');

/** True if what is there was made after the library was installed and its source written; the compiler writes it anew only if that changes. */
function isFresh() {
  const made = statSync(file).mtimeMs;
  const isBundle = !readFileSync(file, 'utf8').includes(`from '@kubernetes/client-node'`);
  return isBundle && [source, installed].every((path) => statSync(path).mtimeMs < made);
}

if (!isFresh()) {
  await build({
    entryPoints: [source],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
    // What it depends on is partly CommonJS, and asks for modules of Node's.
    banner: { js: `import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);` },
  });
}
