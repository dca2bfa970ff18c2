import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

/** Who may import whom: arrows point down the list of the design only. */
const mayImport: Record<string, readonly string[]> = {
  base: [],
  api: [],
  router: ['api'],
  activator: ['base', 'api'],
  kube: ['base', 'api'],
  apiserver: ['base', 'api'],
  'local-eci': ['base'],
  'virtual-node': ['base', 'api', 'kube'],
  autoscaler: ['base', 'api', 'activator', 'kube'],
  controller: ['base', 'api', 'kube'],
  'gateway-slb': ['base', 'api', 'router', 'activator', 'kube'],
  cli: ['base', 'api', 'kube', 'apiserver', 'local-eci', 'virtual-node', 'autoscaler', 'controller', 'gateway-slb'],
};

/** What only a test of the package may import besides; and itself, by its public face. */
const testsMayImport: Record<string, readonly string[]> = { 'virtual-node': ['local-eci'] };

interface Package {
  readonly name: string;
  readonly dependencies: readonly string[];
  readonly references: readonly string[];
  readonly imports: readonly { readonly file: string; readonly target: string; readonly test: boolean }[];
}

const readJson = (...path: string[]): Record<string, never> => JSON.parse(readFileSync(join(root, ...path), 'utf8'));

function readPackage(name: string): Package {
  const dir = join(root, 'packages', name);
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !/(^|\/)(dist|node_modules)\//.test(file),
  );
  const imports = files.flatMap((file) =>
    [...readFileSync(join(dir, file), 'utf8').matchAll(/(?:from|import\()\s*'@ebb\/([a-z-]+)/g)].map((match) => ({
      file: `packages/${name}/${file}`,
      target: match[1]!,
      test: /\.test\.ts$|^test\//.test(file),
    })),
  );
  const { dependencies = {} } = readJson('packages', name, 'package.json');
  const { references = [] } = readJson('packages', name, 'tsconfig.json');
  return {
    name,
    imports,
    dependencies: Object.keys(dependencies).flatMap((key) => (key.startsWith('@ebb/') ? [key.slice(5)] : [])),
    references: (references as { path: string }[]).map(({ path }) => path.replace('../', '')),
  };
}

const packages = readdirSync(join(root, 'packages')).map(readPackage);

describe('the house', () => {
  it('lists every package', () => {
    expect(packages.map(({ name }) => name).sort()).toEqual(Object.keys(mayImport).sort());
  });

  it.each(packages)('$name imports only rooms below it, and declares what it imports', (pkg) => {
    const allowed = mayImport[pkg.name] ?? [];
    const inTests = [pkg.name, ...allowed, ...(testsMayImport[pkg.name] ?? [])];
    const strangers = pkg.imports.filter(({ target, test }) => !(test ? inTests : allowed).includes(target));
    expect(strangers).toEqual([]);
    expect(pkg.dependencies.filter((name) => !allowed.includes(name))).toEqual([]);
    expect(new Set(pkg.references)).toEqual(new Set(pkg.dependencies));
    const used = new Set(pkg.imports.filter(({ test }) => !test).map(({ target }) => target));
    expect([...used].filter((name) => !pkg.dependencies.includes(name))).toEqual([]);
  });
});
