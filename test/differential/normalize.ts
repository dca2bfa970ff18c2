import type { ManagedFieldsEntry } from '@ebb/api';

/**
 * Replaces in an answer what two servers can never have in common: uids, times, versions, tokens, the namespace. What is
 * null is left out: Go writes times that nobody has set so.
 */
export function normalize(body: unknown, namespace: string): unknown {
  return value(withSortedCauses(body), '', (text) => text.replaceAll(namespace, '<ns>'));
}

/** Go goes through maps in any order: what is wrong with an object is told in any order too. */
function withSortedCauses(body: unknown): unknown {
  const { details, message } = (body ?? {}) as { details?: { causes?: object[] }; message?: string };
  if (!details?.causes || details.causes.length < 2 || typeof message !== 'string') return body;
  const distinct = [
    ...new Set(
      details.causes.map((cause) => JSON.stringify(Object.entries(cause).sort(([a], [b]) => (a < b ? -1 : 1)))),
    ),
  ].sort();
  const causes = distinct.map((cause) => Object.fromEntries(JSON.parse(cause) as [string, unknown][]));
  return { ...(body as object), message: message.split(/ is invalid|:/, 1)[0], details: { ...details, causes } };
}

type Rename = (text: string) => string;

function value(given: unknown, key: string, rename: Rename): unknown {
  if (typeof given === 'string') return text(given, key, rename);
  if (typeof given === 'number') return key === 'nodePort' ? '<port>' : given;
  if (Array.isArray(given))
    return key === 'managedFields'
      ? given.map((entry: ManagedFieldsEntry) => text(managed(entry), '', rename)).sort()
      : given.map((each) => value(each, key, rename));
  if (typeof given !== 'object' || given === null) return given;
  const { generateName } = given as { generateName?: unknown };
  return Object.fromEntries(
    Object.entries(given)
      .filter(([name, each]) => each !== null && !(name === 'description' && key === 'columnDefinitions'))
      .map(([name, each]): [string, unknown] => [
        rename(name),
        name === 'name' && typeof generateName === 'string' && each !== undefined
          ? generated(String(each), generateName, rename)
          : value(each, name, rename),
      ])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function generated(name: string, base: string, rename: Rename): string {
  return rename(name.startsWith(base) && name.length === base.length + 5 ? `${base}<5>` : name);
}

/** The end that a server gave to a name which it then refused; accepted ones are told by their `generateName`. */
const refusedName = /\bMade_[a-z0-9]{5}\b/g;

/** The difference of two Go structs, whose spaces change from build to build on purpose. */
const goDiff = /\n[\s\u00a0]*core\.[^]*$/;

/** A struct or list as Go prints it, or its JSON in quotes. */
const goValue =
  /Invalid value: (?:(?:\[\])?[a-z0-9]+\.\w+\{.*?\}+|\[.*?\]|\{.*?\}|map\[.*?\]|"(?:\{|map\[)(?:[^"\\]|\\.)*"): /g;

function text(given: string, key: string, rename: Rename): string {
  if (key === 'resourceVersion') return given === '' || given === '0' ? given : '<version>';
  if (key === 'continue' && given !== '') return '<token>';
  return rename(given)
    .replaceAll(goValue, 'Invalid value: <value>: ')
    .replace(goDiff, ' <diff>')
    .replaceAll(/record \(\d+\)/g, 'record (<version>)')
    .replaceAll(/current: \d+/g, 'current: <version>')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>')
    .replaceAll(refusedName, 'Made_<5>')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z/g, '<microtime>')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '<time>')
    .replaceAll(/\b10\.\d+\.\d+\.\d+\b/g, '<ip>')
    .replace(/^\d+[smh]$/, '<age>')
    .replaceAll(/\b3[0-2]\d{3}\/TCP/g, '<port>/TCP')
    .replaceAll(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, '<jwt>');
}

/** One line for one manager: who, how, and the paths of what it owns. */
function managed({ manager, operation, apiVersion, subresource, fieldsV1 }: ManagedFieldsEntry): string {
  const place = subresource === undefined ? '' : ` /${subresource}`;
  const owned = paths(fieldsV1 ?? {}).filter((path) => !/\/last(?:Probe|Transition|Heartbeat)Time$/.test(path));
  return `${manager ?? ''} ${operation ?? ''} ${apiVersion ?? ''}${place}: ${owned.sort().join(' ')}`;
}

function paths(fields: object): string[] {
  return Object.entries(fields).flatMap(([name, below]) => {
    const own = name.replace(/^f:/, '');
    const deeper = typeof below === 'object' && below !== null ? paths(below as object) : [];
    return deeper.length === 0 ? [own] : deeper.map((path) => `${own}/${path}`);
  });
}
