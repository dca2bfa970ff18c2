import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { servingCrds } from '../src/index.ts';

const folder = join(import.meta.dirname, '../../../deploy/crds');
const crds = servingCrds().map((crd) => ({ file: `${crd.metadata.name}.yaml`, crd }));

describe('deploy/crds, which `npm run generate` writes', () => {
  it('has one file a kind, and no others', () => {
    expect(readdirSync(folder).sort()).toEqual(crds.map(({ file }) => file).sort());
  });

  it.each(crds)('$file is what the source makes', ({ file, crd }) => {
    expect(parse(readFileSync(join(folder, file), 'utf8'))).toEqual(crd);
  });
});
