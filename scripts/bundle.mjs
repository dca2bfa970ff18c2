// Puts `ebb` and the libraries it uses into a few files, over what the compiler wrote to `packages/cli/dist/main.js`. They are 3,000 modules, and for Node to find and load those of them that
// a command needs takes longer than most of what it then does. Without this step everything works as well. `npm run bench -- start` measures it.
import { readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const cli = join(root, 'packages', 'cli');
const dist = join(cli, 'dist');
const main = join(dist, 'main.js');
const chunks = join(dist, 'chunks');

/** What is written when something was compiled, or installed; and this file. */
function causes() {
  const packages = readdirSync(join(root, 'packages')).map((name) =>
    join(root, 'packages', name, 'tsconfig.tsbuildinfo'),
  );
  return [...packages, join(root, 'node_modules', '.package-lock.json'), fileURLToPath(import.meta.url)];
}

function isFresh() {
  if (!readFileSync(main, 'utf8').includes('"./chunks/')) return false;
  const made = statSync(main).mtimeMs;
  return causes().every((path) => statSync(path).mtimeMs < made);
}

if (!isFresh()) {
  rmSync(chunks, { recursive: true, force: true });
  await build({
    entryPoints: [join(cli, 'src', 'main.ts')],
    conditions: ['ebb-source'],
    outdir: dist,
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    sourcemap: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
    // Its code is a library of the system's; what logs is careful about where it stands.
    external: ['lmdb', 'pino'],
    // For libraries that are CommonJS and ask for modules of Node's.
    banner: {
      js: `import { createRequire as $createRequire } from 'node:module';\nconst require = $createRequire(import.meta.url);`,
    },
  });
}
