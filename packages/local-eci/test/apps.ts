import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { AppFolder } from '../src/index.ts';

/** A folder of files that goes with the test. */
export async function makeFolder(
  files: Readonly<Record<string, string>>,
): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'ebb-test-'));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), text);
    if (text.startsWith('#!')) await chmod(join(path, name), 0o755);
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** An app that runs a Node program given as text. */
export async function makeApp(source: string): Promise<AsyncDisposable & { readonly app: AppFolder }> {
  const folder = await makeFolder({ 'app.mjs': source });
  return {
    app: { name: 'app', folder: folder.path, command: 'node app.mjs' },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

/** A server that answers with its PORT. */
export const serverSource = `
import { createServer } from 'node:http';
console.log('starting');
const server = createServer((request, response) => response.end(process.env.PORT));
server.listen(Number(process.env.PORT), '127.0.0.1', () => console.log('listening'));
process.on('SIGTERM', () => process.exit(0));
`;
