import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Writes a file that only its owner may read, such as a kubeconfig with a token; makes its folder. */
export async function writePrivateFile(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  // The mode counts only for a new file.
  await rm(file, { force: true });
  await writeFile(file, text, { mode: 0o600 });
}
