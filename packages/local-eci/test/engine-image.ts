import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngineApi } from '../src/container/engine-api.ts';
import { createEngine } from '../src/container/engine.ts';
import type { EngineAddress } from '../src/index.ts';

/** An image with this machine's Node, a shell, and nothing else; its user is 1234. */
export const nodeImage = 'dev.local/ebb-test-node';

/** Makes the image out of files of this machine, unless it is there. */
export async function ensureNodeImage(address: EngineAddress): Promise<void> {
  const api = createEngineApi(address);
  if (await createEngine(api).image(nodeImage)) return;
  const query = new URLSearchParams({ fromSrc: '-', repo: nodeImage });
  for (const change of ['USER 1234', 'WORKDIR /home/app', 'CMD ["/bin/sh","-c","echo from the image"]']) {
    query.append('changes', change);
  }
  const tar = rootFolderArchive();
  const response = await api.stream({ method: 'POST', path: `/images/create?${query.toString()}`, tar });
  response.resume();
  await new Promise((resolve) => response.once('end', resolve));
}

function rootFolderArchive(): Buffer {
  const programs = [process.execPath, '/bin/sh', '/bin/cat', '/bin/sleep', '/bin/ls', '/usr/bin/id'].filter((path) =>
    existsSync(path),
  );
  const libraries = programs.flatMap(
    (path) =>
      execFileSync('/bin/sh', ['-c', 'ldd "$1"', 'sh', path], { encoding: 'utf8' }).match(/\/\S+\.so\S*/g) ?? [],
  );
  const empty = mkdtempSync(join(tmpdir(), 'ebb-test-root-'));
  try {
    for (const folder of ['home/app', 'tmp']) mkdirSync(join(empty, folder), { recursive: true, mode: 0o777 });
    const files = [...new Set([...programs, ...libraries])];
    // Symbolic links are followed: the image has none of the folders they lead through.
    const args = ['-chf', '-', '--mode=a+rX', '-C', empty, '.', '-P', ...files];
    return execFileSync('tar', args, { maxBuffer: 2 ** 30 });
  } finally {
    rmSync(empty, { recursive: true });
  }
}
