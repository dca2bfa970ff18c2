import { constants } from 'node:fs';
import { access, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UserError, messageOf } from '@ebb/base';

/** Makes a folder, and those above it, unless it is there. Throws `UserError` if it cannot be made or written to. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeEach(path);
    await access(path, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new UserError(`the folder ${path} cannot be used (${messageOf(cause)}); choose one you may write to`, {
      cause,
    });
  }
}

/** One by one: Node's own `recursive` never ends below folders that take no new ones, such as /proc. */
async function makeEach(path: string): Promise<void> {
  if (await isThere(path)) return;
  if (dirname(path) !== path) await makeEach(dirname(path));
  await mkdir(path).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  });
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
      throw error;
    },
  );
}
