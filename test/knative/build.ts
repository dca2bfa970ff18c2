import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { withLock } from '../cluster/lock.ts';
import { type Repository, images, suites } from './suites.ts';

const run = promisify(execFile);
const module = import.meta.dirname;

/** An image to be made of a static program. */
export interface Image {
  readonly repository: Repository;
  readonly name: string;
  readonly program: string;
}

/** What the pinned module builds to. */
export interface Built {
  /** The program of a suite, by the suite's name. */
  readonly suites: ReadonlyMap<string, string>;
  /** The static program of each image. */
  readonly images: readonly Image[];
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
        suite.package ?? `knative.dev/serving/test/${suite.name}`,
      ]);
    }
    for (const { repository, name, from } of programs) {
      say(`building image ${repository}/${name}`);
      await go(['build', '-trimpath', '-o', join(unfinished, imagePath(repository, name)), from], { CGO_ENABLED: '0' });
    }
    await rename(unfinished, folder);
  });
  return {
    suites: new Map(suites.map(({ name }) => [name, join(folder, suitePath(name))])),
    images: programs.map(({ repository, name }) => ({
      repository,
      name,
      program: join(folder, imagePath(repository, name)),
    })),
    sources: (await go(['list', '-m', '-f', '{{.Dir}}', 'knative.dev/serving'])).trim(),
  };
}

const suitePath = (name: string): string => join('suites', name.replaceAll('/', '-'));
const imagePath = (repository: Repository, name: string): string => join('images', repository, name);

/** Each image's program, and the package it is built from. */
const programs = (Object.keys(images) as Repository[]).flatMap((repository) =>
  images[repository].map((path) => ({ repository, name: basename(path), from: `knative.dev/${path}` })),
);

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
