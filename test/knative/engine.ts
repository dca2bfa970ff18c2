import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '@ebb/base/testing';

const run = promisify(execFile);

/** The user that an image without another runs as, as in the base image that Knative's own images are built on. */
const nonroot = 65_532;

/** The container engine on this machine, `podman` or `docker`, whichever answers first. Undefined if none does. */
export async function findEngine(): Promise<string | undefined> {
  for (const engine of ['podman', 'docker']) {
    const answers = await run(engine, ['info']).then(
      () => true,
      () => false,
    );
    if (answers) return engine;
  }
  return undefined;
}

/**
 * Opens the engine's API on a socket in `folder`, for Podman, which listens nowhere by itself; Docker does. Returns the environment in which
 * Ebb finds it, and the process to end.
 */
export async function openApi(
  engine: string,
  folder: string,
): Promise<{ readonly environment: Readonly<Record<string, string>>; readonly service?: ChildProcess }> {
  if (engine !== 'podman' || process.env['DOCKER_HOST']) return { environment: {} };
  const socket = join(folder, 'podman.sock');
  const service = spawn('podman', ['system', 'service', '--time=0', `unix://${socket}`], {
    cwd: folder,
    stdio: 'ignore',
  });
  await eventually(() => access(socket).then(() => true), { what: 'the API of Podman', timeoutMs: 30_000 });
  return { environment: { DOCKER_HOST: `unix://${socket}` }, service };
}

/**
 * Makes an image of one static program out of files, without a registry: nothing but the program, users, and `/tmp`. One that is there
 * already with the same program stays; one with another is removed.
 */
export async function importImage(engine: string, reference: string, program: string, name: string): Promise<void> {
  const digest = createHash('sha256')
    .update(await readFile(program))
    .digest('hex');
  const before = await madeBefore(engine, reference);
  if (before?.digest === digest) return;
  const root = await mkdtemp(join(tmpdir(), 'ebb-image-'));
  try {
    for (const folder of ['dev', 'etc', 'home/nonroot', 'ko-app', 'proc', 'sys', 'tmp', 'var/run/ko']) {
      await mkdir(join(root, folder), { recursive: true });
    }
    await chmod(join(root, 'tmp'), 0o1777);
    await chmod(root, 0o755);
    const users = [
      `root:x:0:0:root:/root:/sbin/nologin`,
      `nonroot:x:${nonroot}:${nonroot}:nonroot:/home/nonroot:/sbin/nologin`,
    ];
    await writeFile(join(root, 'etc/passwd'), `${users.join('\n')}\n`);
    await writeFile(join(root, 'etc/group'), `root:x:0:\nnonroot:x:${nonroot}:\n`);
    await copyFile(program, join(root, 'ko-app', name));
    const archive = `${root}.tar`;
    await run('tar', ['-C', root, '--owner=0', '--group=0', '-cf', archive, '.']);
    const changes = [
      `ENTRYPOINT ["/ko-app/${name}"]`,
      `USER ${nonroot}`,
      'WORKDIR /home/nonroot',
      'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'ENV KO_DATA_PATH=/var/run/ko',
      `LABEL ${programLabel}=${digest}`,
    ];
    await run(engine, ['import', ...changes.flatMap((change) => ['--change', change]), archive, reference]);
    await rm(archive);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
  // What still runs from it keeps it.
  if (before) await run(engine, ['image', 'rm', before.id]).catch(() => {});
}

/** The SHA-256 of an image's program. */
const programLabel = 'dev.ebb.program';

/** An image of that name, as it was made last; undefined if there is none. */
async function madeBefore(
  engine: string,
  reference: string,
): Promise<{ readonly id: string; readonly digest: string } | undefined> {
  const format = `{{.Id}} {{index .Config.Labels "${programLabel}"}}`;
  const found = await run(engine, ['image', 'inspect', '--format', format, reference]).catch(() => undefined);
  const [id, digest = ''] = found?.stdout.trim().split(' ') ?? [];
  return id ? { id, digest } : undefined;
}
