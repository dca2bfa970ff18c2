import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

/** What a file and the files it imports by a relative path import from elsewhere; types do not count. */
function importsOf(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return new Set();
  seen.add(file);
  const found = new Set<string>();
  for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(
    /^(?:import|export) (?!type )[^;]*? from '([^']+)';/gm,
  )) {
    if (!name.startsWith('.')) found.add(name);
    else for (const each of importsOf(join(dirname(file), name), seen)) found.add(each);
  }
  return found;
}

it('needs nothing of Node, so that a browser can run it', () => {
  expect([...importsOf(join(import.meta.dirname, 'pure.ts'))]).toEqual(['@ebb/api/autoscaler']);
  const settings = join(import.meta.dirname, '..', '..', 'api', 'src', 'autoscaler', 'index.ts');
  expect([...importsOf(settings)]).toEqual(['croner']);
});
