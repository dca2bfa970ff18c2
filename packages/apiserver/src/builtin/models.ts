import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** One field of a Kubernetes type, as the generated models of `@kubernetes/client-node` declare it. */
export interface ModelField {
  /** Name in JSON. */
  readonly name: string;
  /** TypeScript type: `string`, `Array<V1Container>`, `{ [key: string]: string; }`, `IntOrString`, … */
  readonly type: string;
  /** OpenAPI format such as `int32` or `date-time`; `''` if there is none. */
  readonly format: string;
  readonly required: boolean;
  readonly description: string;
}

export interface Model {
  readonly description: string;
  readonly fields: readonly ModelField[];
}

interface Attribute {
  readonly name: string;
  readonly baseName: string;
  readonly type: string;
  readonly format: string;
}

const require = createRequire(import.meta.url);
const folder = join(dirname(require.resolve('@kubernetes/client-node')), 'gen', 'models');

/**
 * The model of a class, say `V1PodSpec`; `undefined` if there is none of that name. The files are read, not imported:
 * types and optional fields stand only in the declarations, and importing all seven hundred takes 0.1 s and 27 MB.
 * Throws if a file is there but not of the form the generator gives it.
 */
export function readModel(className: string): Model | undefined {
  const code = readIfThere(`${className}.js`);
  const declaration = readIfThere(`${className}.d.ts`);
  if (code === undefined || declaration === undefined) return undefined;
  const table = /\.attributeTypeMap = (\[[^]*?\n?\]);/.exec(code)?.[1];
  if (table === undefined) throw new Error(`model ${className} of @kubernetes/client-node has no attribute table`);
  const docs = documentedFields(declaration);
  return {
    description: classDescription(declaration),
    fields: (JSON.parse(table) as Attribute[]).map(({ name, baseName, type, format }) => ({
      name: baseName,
      type,
      format,
      required: docs.get(name)?.required ?? false,
      description: docs.get(name)?.description ?? '',
    })),
  };
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(join(folder, file), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new Error(`reading ${file} of @kubernetes/client-node`, { cause: error });
  }
}

function classDescription(declaration: string): string {
  return plain(/\/\*\*\n\* ([^]*?)\n\*\/\nexport declare class/.exec(declaration)?.[1] ?? '');
}

function documentedFields(declaration: string): Map<string, { required: boolean; description: string }> {
  const fields = new Map<string, { required: boolean; description: string }>();
  for (const [, comment = '', name = '', optional] of declaration.matchAll(
    /^ {4}\/\*\*\n {4}\* (.*)\n {4}\*\/\n {4}'(.+?)'(\?)?: /gm,
  ))
    fields.set(name, { required: optional === undefined, description: plain(comment) });
  for (const [, name = '', optional] of declaration.matchAll(/^ {4}'(.+?)'(\?)?: /gm))
    if (!fields.has(name)) fields.set(name, { required: optional === undefined, description: '' });
  return fields;
}

/** The generator escapes quotes in comments. */
function plain(comment: string): string {
  return comment.replaceAll(/\\(['"`])/g, '$1').trim();
}
