import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where `ebb dev` writes its kubeconfig, below the folder it is started in. */
export const devKubeconfig: string = join('.ebb', 'kubeconfig');

/**
 * The kubeconfig to use: the one asked for, else `KUBECONFIG`, else that of an `ebb dev` started in this folder or one
 * above it, else `undefined`: kubectl's own default.
 */
export function findKubeconfig(
  asked: string | undefined,
  { env, cwd }: { readonly env: NodeJS.ProcessEnv; readonly cwd: string },
): string | undefined {
  if (asked) return asked;
  if (env['KUBECONFIG']) return undefined;
  for (let folder = cwd; ; folder = dirname(folder)) {
    const file = join(folder, devKubeconfig);
    if (existsSync(file)) return file;
    if (dirname(folder) === folder) return undefined;
  }
}
