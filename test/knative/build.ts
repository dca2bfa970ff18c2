import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { withLock } from '../cluster/lock.ts';
import { images, suites } from './suites.ts';

const run = promisify(execFile);
const module = import.meta.dirname;
const tests = 'knative.dev/serving/test';

/** What the pinned module builds to. */
export interface Built {
  /** The program of a suite, by the suite's name. */
  readonly suites: ReadonlyMap<string, string>;
  /** The static program of an image, by the image's name. */
  readonly images: ReadonlyMap<string, string>;
  /** The module's own sources: manifests that some tests expect to be applied. */
  readonly sources: string;
}

/**
 * Builds Knative's suites and the programs of their images as `go.mod` pins them, once, into
 * `$XDG_CACHE_HOME/ebb/knative/<hash of the pin>` (default `~/.cache`). `say` is told what goes on. Throws if Go is absent or fails.
 */
export async function build(say: (line: string) => void): Promise<Built> {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum', 'suites.ts']) hash.update(await readFile(join(module, file)));
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'ebb', 'knative');
  const folder = join(cache, hash.digest('hex').slice(0, 16));
  await mkdir(cache, { recursive: true });
  await withLock(`${folder}.lock`, say, async () => {
    if (await exists(folder)) return;
    const unfinished = `${folder}.unfinished`;
    await rm(unfinished, { recursive: true, force: true });
    for (const suite of suites) {
      say(`building suite ${suite.name}`);
      await go([
        'test',
        '-c',
        '-vet=off',
        '-tags=e2e',
        '-o',
        join(unfinished, suitePath(suite.name)),
        `${tests}/${suite.folder}`,
      ]);
    }
    for (const image of images) {
      say(`building image ${basename(image)}`);
      await go(['build', '-trimpath', '-o', join(unfinished, imagePath(image)), `${tests}/test_images/${image}`], {
        CGO_ENABLED: '0',
      });
    }
    await rename(unfinished, folder);
  });
  return {
    suites: new Map(suites.map(({ name }) => [name, join(folder, suitePath(name))])),
    images: new Map(images.map((image) => [basename(image), join(folder, imagePath(image))])),
    sources: (await go(['list', '-m', '-f', '{{.Dir}}', 'knative.dev/serving'])).trim(),
  };
}

const suitePath = (name: string): string => join('suites', name.replaceAll('/', '-'));
const imagePath = (image: string): string => join('images', basename(image));

async function go(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<string> {
  const { stdout } = await run('go', [...args], {
    cwd: module,
    env: { ...process.env, ...environment },
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
