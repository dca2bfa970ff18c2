import { readFile, readdir, stat } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { UserError, messageOf } from '@ebb/base';
import type { KubernetesObject } from '@ebb/api';
import { type Document, LineCounter, type ScalarTag, type Tags, parseAllDocuments } from 'yaml';

/** One object of a manifest file, which may hold several. */
export interface ManifestObject {
  readonly file: string;
  readonly object: KubernetesObject & { apiVersion: string; kind: string };
}

const extensions = new Set(['.yaml', '.yml', '.json']);
const skipped = new Set(['node_modules', 'dist']);
const maxDepth = 4;

/**
 * The manifest files of `paths`: a file named is taken as it is; of a folder, the YAML files in it and below (four deep,
 * leaving out `node_modules`, `dist` and hidden folders). Throws `UserError` for a path that is not there.
 */
export async function findManifests(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(paths.map((path) => findIn(resolve(path), path)));
  return [...new Set(found.flat())].sort();
}

async function findIn(path: string, given: string): Promise<string[]> {
  const info = await stat(path).catch((cause: unknown) => {
    throw new UserError(`no such file or folder: ${given}`, { cause });
  });
  return info.isDirectory() ? inFolder(path, 0) : [path];
}

async function inFolder(folder: string, depth: number): Promise<string[]> {
  if (depth > maxDepth) return [];
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new UserError(`cannot read the folder ${folder}: ${messageOf(cause)}`, { cause });
  });
  const found = entries.map(async (entry) => {
    if (entry.name.startsWith('.') || skipped.has(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return inFolder(path, depth + 1);
    return isYaml(entry.name) ? [path] : [];
  });
  return (await Promise.all(found)).flat();
}

/** True for a name that a folder's manifests have; a folder's JSON files are somebody else's. */
export function isYaml(name: string): boolean {
  return ['.yaml', '.yml'].includes(extname(name));
}

/** Reads one manifest file. Throws `UserError` that names file and line. */
export async function readManifest(file: string): Promise<ManifestObject[]> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UserError(`cannot read ${file}: ${messageOf(cause)}`, { cause });
  });
  return parseManifest(text, file);
}

/**
 * The Kubernetes objects of a YAML or JSON text: all documents, `List`s taken apart, empty documents left out, and those that look
 * like no manifest at all. Throws `UserError` for bad syntax, and for a document without `apiVersion`, `kind` or a name.
 */
export function parseManifest(text: string, file: string): ManifestObject[] {
  if (extname(file) !== '' && !extensions.has(extname(file))) {
    throw new UserError(`${file}: a manifest ends in .yaml, .yml or .json`);
  }
  const lineCounter = new LineCounter();
  const options = { lineCounter, version: '1.1', customTags: kubectlTags, logLevel: 'error' } as const;
  return parseAllDocuments(text, options).flatMap((document) => {
    const error = document.errors[0];
    if (error) {
      const { line } = lineCounter.linePos(error.pos[0]);
      throw new UserError(`${file}:${line}: ${firstLine(error.message)}`);
    }
    const where = `${file}:${lineCounter.linePos(document.contents?.range?.[0] ?? 0).line}`;
    const value = valueOf(document, where);
    if (value === null || value === undefined) return [];
    return objectsOf(value, where).map((object) => ({ file, object }));
  });
}

const newerOctal: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  format: 'OCT',
  test: /^0o[0-7]+$/,
  resolve: (digits) => Number(digits),
};

/** As kubectl reads YAML: 1.1 (`0440` is octal, `yes` is true, `<<` merges), but for times and with the octal numbers of 1.2. */
function kubectlTags(tags: Tags): Tags {
  const isTime = (tag: Tags[number]): boolean =>
    typeof tag !== 'string' &&
    (tag.tag === 'tag:yaml.org,2002:timestamp' || ('format' in tag && tag.format === 'TIME'));
  return [newerOctal, ...tags.filter((tag) => !isTime(tag))];
}

/** An alias of nothing, or too many of them, come to light only here. */
function valueOf(document: Document.Parsed, where: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw new UserError(`${where}: ${messageOf(cause)}`, { cause });
  }
}

/** Without the place, which is told already, and the picture of it. */
function firstLine(message: string): string {
  return message.replace(/ at line \d+, column \d+:[^]*$/, '').split('\n')[0] ?? '';
}

function objectsOf(value: unknown, where: string): ManifestObject['object'][] {
  if (!isRecord(value)) throw new UserError(`${where}: not a Kubernetes object`);
  // A project's folder has other YAML too, such as a docker-compose.yml or a kustomization.yaml, which no server takes.
  if (!['apiVersion', 'kind', 'metadata'].some((key) => Object.hasOwn(value, key))) return [];
  const { apiVersion, kind, metadata, items } = value;
  if (typeof apiVersion === 'string' && apiVersion.startsWith('kustomize.config.k8s.io/')) return [];
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') {
    throw new UserError(`${where}: a manifest needs apiVersion and kind`);
  }
  if (kind === 'List' && Array.isArray(items)) return items.flatMap((item) => objectsOf(item, where));
  if (!isRecord(metadata) || (typeof metadata['name'] !== 'string' && typeof metadata['generateName'] !== 'string')) {
    throw new UserError(`${where}: ${kind} needs metadata.name`);
  }
  return [value as unknown as ManifestObject['object']];
}

/** Names of the Knative Services in manifest files, of those that can be read: what is wrong with the others, a deployment tells. */
export async function servicesIn(files: readonly string[]): Promise<{ name: string; namespace: string | undefined }[]> {
  const read = await Promise.allSettled(files.map(readManifest));
  return read
    .flatMap((each) => (each.status === 'fulfilled' ? each.value : []))
    .filter(({ object }) => object.kind === 'Service' && object.apiVersion.startsWith('serving.knative.dev/'))
    .flatMap(({ object: { metadata } }) =>
      metadata.name === undefined ? [] : [{ name: metadata.name, namespace: metadata.namespace }],
    );
}

export function isNamespace({ object }: ManifestObject): boolean {
  return object.kind === 'Namespace' && object.apiVersion === 'v1';
}

/** In order, but Namespaces before all else, which may be in them. */
export function namespacesFirst(objects: readonly ManifestObject[]): ManifestObject[] {
  return objects.toSorted((a, b) => Number(isNamespace(b)) - Number(isNamespace(a)));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
