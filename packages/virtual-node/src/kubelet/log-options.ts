/** Which lines of a container's log (`core/v1 PodLogOptions`). */
export interface LogOptions {
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  readonly tailLines?: number | undefined;
  readonly limitBytes?: number | undefined;
  readonly sinceSeconds?: number | undefined;
  /** RFC 3339. */
  readonly sinceTime?: string | undefined;
}

/** A query that asks for something that cannot be. */
export class InvalidLogOptions extends Error {
  override readonly name = 'InvalidLogOptions';
}

/** Reads the query of `/containerLogs` (serverless-node.md, section 1.5). Throws `InvalidLogOptions`. */
export function parseLogOptions(query: URLSearchParams): LogOptions {
  const sinceTime = query.get('sinceTime') ?? undefined;
  const sinceSeconds = wholeNumber(query, 'sinceSeconds', 1);
  if (sinceTime !== undefined && sinceSeconds !== undefined) {
    throw new InvalidLogOptions('at most one of sinceTime or sinceSeconds may be specified');
  }
  if (sinceTime !== undefined && Number.isNaN(Date.parse(sinceTime))) {
    throw new InvalidLogOptions(`sinceTime: ${JSON.stringify(sinceTime)} is not a time in RFC 3339`);
  }
  return {
    follow: flag(query, 'follow'),
    previous: flag(query, 'previous'),
    timestamps: flag(query, 'timestamps'),
    tailLines: wholeNumber(query, 'tailLines', 0),
    limitBytes: wholeNumber(query, 'limitBytes', 1),
    sinceSeconds,
    sinceTime,
  };
}

function wholeNumber(query: URLSearchParams, name: string, least: number): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least) {
    throw new InvalidLogOptions(`${name}: ${JSON.stringify(text)} must be a whole number of at least ${least}`);
  }
  return value;
}

function flag(query: URLSearchParams, name: string): boolean {
  const text = query.get(name);
  if (text === null || ['', '0', 'false'].includes(text)) return false;
  if (['1', 'true'].includes(text)) return true;
  throw new InvalidLogOptions(`${name}: ${JSON.stringify(text)} must be true or false`);
}
