import { resolve } from 'node:path';
import { type Clock, messageOf } from '@ebb/base';
import type { Apps } from './apps.ts';
import { findManifests, isYaml } from './manifests.ts';
import type { Screen } from './screen.ts';
import { watch } from './watch.ts';

interface SourcesOptions {
  readonly paths: readonly string[];
  readonly apps: Apps;
  readonly clock: Clock;
  readonly screen: Screen;
  readonly out: (text: string) => void;
  readonly deploy: (files: readonly string[]) => Promise<void>;
}

/** Deploys again what changed: a manifest that was edited, added or removed; every manifest when an app's code changed. */
export function watchSources({ paths, apps, clock, screen, out, deploy }: SourcesOptions): AsyncDisposable {
  const named = new Set(paths.map((path) => resolve(path)));
  let working: Promise<void> = Promise.resolve();

  const redeploy = async (changed: readonly string[]): Promise<void> => {
    const changedApps = await apps.refresh();
    if (changedApps.length > 0) out(screen.sourceChanged(changedApps));
    const manifests = changed.filter((path) => isYaml(path) || named.has(path));
    await deploy(changedApps.length > 0 ? [...new Set([...manifests, ...(await findManifests(paths))])] : manifests);
  };

  const watcher = watch({
    paths,
    clock,
    onChange: (changed) => {
      // One after the other: a save during a deployment must not overtake it.
      working = working.then(() => redeploy(changed)).catch((error: unknown) => out(screen.failed(messageOf(error))));
    },
  });
  return {
    [Symbol.asyncDispose]: async () => {
      await watcher[Symbol.asyncDispose]();
      await working;
    },
  };
}
