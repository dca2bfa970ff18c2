import { basename, resolve } from 'node:path';
import type { Clock } from '@ebb/base';
import { watch as watchFiles } from 'chokidar';

/** What an app depends on and does not write itself. */
export const dependencyFolders: readonly string[] = ['node_modules', '.venv'];

const ignoredNames = new Set([...dependencyFolders, '.git', '.ebb']);
const ignoredEndings = ['~', '.swp', '.swx', '.tmp', '.log'];

/** True for files of an app folder whose change is no change of the app: dependencies, version control, editors' droppings. */
export function isIgnoredInApp(path: string): boolean {
  const name = basename(path);
  return ignoredNames.has(name) || ignoredEndings.some((ending) => name.endsWith(ending));
}

export interface WatchOptions {
  readonly paths: readonly string[];
  readonly clock: Clock;
  /** Called with the absolute paths that changed, once they have been quiet for `quietMs`. */
  readonly onChange: (paths: readonly string[]) => void;
  /** Default 100 ms. */
  readonly quietMs?: number;
}

/** Where it never gets quiet, what changed is told all the same after so long. */
const longestWaitMs = 2000;

/** Watches files and folders until disposed. Changes that come together are told together. */
export function watch({ paths, clock, onChange, quietMs = 100 }: WatchOptions): AsyncDisposable {
  const changed = new Set<string>();
  let timer: Disposable | undefined;
  let firstAt = 0;
  const watcher = watchFiles([...paths], { ignoreInitial: true, ignored: (path) => isIgnoredInApp(path) });
  const flush = (): void => {
    const batch = [...changed];
    changed.clear();
    onChange(batch);
  };
  watcher.on('all', (_event, path) => {
    const now = clock.now();
    if (changed.size === 0) firstAt = now;
    changed.add(resolve(path));
    timer?.[Symbol.dispose]();
    timer = clock.after(Math.max(0, Math.min(quietMs, firstAt + longestWaitMs - now)), flush);
  });
  return {
    [Symbol.asyncDispose]: async () => {
      timer?.[Symbol.dispose]();
      await watcher.close();
    },
  };
}
