/**
 * One request of a story. In its path and body `<ns>` stands for the story's namespace, and `<name>` for what an
 * earlier step has saved under that name.
 */
export interface Step {
  /** What this step is, in a few words; told apart from the others of its story by it. */
  readonly say: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS';
  readonly path: string;
  /** Sent as JSON, or as it is if it is a string or bytes. */
  readonly body?: unknown;
  /** `Content-Type`; default JSON where there is a body. */
  readonly type?: string;
  readonly accept?: string;
  /** Sent again until it is answered with this code, or with such a text, for what controllers do in their own time. */
  readonly until?: number | RegExp;
  /** Values to save: name → path in the answer, with dots. */
  readonly save?: Readonly<Record<string, string>>;
  /** The part of the answer that is compared. Default: all of it. */
  readonly show?: (body: never) => unknown;
}

/** Requests sent one after another, in a namespace of their own. */
export interface Story {
  readonly name: string;
  /** Whether managed fields are compared. Default: no, they would fill the page. */
  readonly managedFields?: true;
  readonly steps: readonly Step[];
}

type More = Partial<Omit<Step, 'say' | 'method' | 'path' | 'body'>>;

export const get = (say: string, path: string, more: More = {}): Step => ({ say, method: 'GET', path, ...more });

export const create = (say: string, path: string, body: unknown, more: More = {}): Step => ({
  say,
  method: 'POST',
  path,
  body,
  ...more,
});

export const replace = (say: string, path: string, body: unknown, more: More = {}): Step => ({
  say,
  method: 'PUT',
  path,
  body,
  ...more,
});

export const remove = (say: string, path: string, body?: unknown, more: More = {}): Step => ({
  say,
  method: 'DELETE',
  path,
  body,
  ...more,
});

const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

export const patch = (
  type: keyof typeof patchTypes,
  say: string,
  path: string,
  body: unknown,
  more: More = {},
): Step => ({ say, method: 'PATCH', path, body, type: patchTypes[type], ...more });

/** A watch of what changed since a saved version, which ends by itself once it has told all of it. */
export const watchSince = (say: string, path: string, version: string, query = ''): Step =>
  get(say, `${path}?watch=1&resourceVersion=${version}&timeoutSeconds=1${query}`);

interface Table {
  columnDefinitions?: { name: string; type: string; format: string; priority: number }[];
  rows?: { cells: unknown[] }[];
}

/** A table without the objects in it, the ages, and the descriptions of its columns. */
export function columns(table: Table): object {
  return {
    columns: table.columnDefinitions?.map(({ name, type, format, priority }) =>
      [name, type, format, priority].join(' '),
    ),
    cells: table.rows?.map(({ cells }) => cells.filter((cell) => !/^\d+[smh]$/.test(String(cell)))),
  };
}

/** `Accept` of `kubectl get`. */
export const asTable = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
