/** Writes deploy/crds from the kinds in src/crds: `npm run generate`. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { servingCrds } from '../src/index.ts';

const folder = join(import.meta.dirname, '../../../deploy/crds');
const header = '# Made by `npm run generate` from packages/api/src/crds; edit those.\n';

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const crd of servingCrds()) {
  const yaml = stringify(crd, { aliasDuplicateObjects: false, lineWidth: 0 });
  writeFileSync(join(folder, `${crd.metadata.name}.yaml`), header + yaml);
}
