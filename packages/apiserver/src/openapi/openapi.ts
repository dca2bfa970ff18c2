import { createHash } from 'node:crypto';
import { apiVersionOf, StatusError } from '@ebb/api';
import { negotiate } from '../discovery/accept.ts';
import type { ResourceInfo } from '../resource-info.ts';
import { openApiV2, openApiV3 } from './document.ts';
import { encodeSwagger } from './swagger-protobuf.ts';

export interface OpenApiResponse {
  readonly contentType: string;
  readonly body: string | Buffer;
  /** In quotes, as the header wants it. */
  readonly etag: string;
}

const json = 'application/json';
/** Clients ask by the old name, which is no media type to a strict reader; the answer bears the new one. */
const protobufNames = {
  old: 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf',
  current: 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
};

/** Serves the OpenAPI documents. Each is built when first asked for and kept until the set of resources changes. */
export class OpenApi {
  readonly #resources: () => readonly ResourceInfo[];
  #known: readonly ResourceInfo[] = [];
  readonly #documents = new Map<string, OpenApiResponse>();

  /** @param resources What is served now; a resource that changes must come as another object. */
  constructor(resources: () => readonly ResourceInfo[]) {
    this.#resources = resources;
  }

  /**
   * The answer to `/openapi/v3` (the index), `/openapi/v3/apis/<group>/<version>`, `/openapi/v3/api/v1` or `/openapi/v2`
   * (in JSON, or in protocol buffers for old clients); a query in the path is ignored. `undefined` if there is no such
   * document. Throws `StatusError` (`NotAcceptable`) if the client takes neither form.
   */
  respond(path: string, accept: string | undefined): OpenApiResponse | undefined {
    const name = (path.split('?')[0] ?? '').replace(/\/$/, '');
    this.#refresh();
    if (name === '/openapi/v2') return this.#swagger(offer(accept, [json, protobufNames.current, protobufNames.old]));
    if (name !== '/openapi/v3' && !name.startsWith('/openapi/v3/')) return undefined;
    offer(accept, [json]);
    if (name === '/openapi/v3') return this.#document(name, json, () => JSON.stringify(this.#index()));
    return this.#groupVersion(name.slice('/openapi/v3/'.length));
  }

  #refresh(): void {
    const now = this.#resources();
    if (now.length === this.#known.length && now.every((resource, index) => resource === this.#known[index])) return;
    this.#known = [...now];
    this.#documents.clear();
  }

  #index(): object {
    const names = [...new Set(this.#known.map(documentName))];
    return {
      paths: Object.fromEntries(
        names.map((name) => {
          const hash = this.#groupVersion(name)?.etag.slice(1, -1) ?? '';
          return [name, { serverRelativeURL: `/openapi/v3/${name}?hash=${hash}` }];
        }),
      ),
    };
  }

  #groupVersion(name: string): OpenApiResponse | undefined {
    const resources = this.#known.filter((resource) => documentName(resource) === name);
    if (resources.length === 0) return undefined;
    return this.#document(name, json, () => JSON.stringify(openApiV3(resources)));
  }

  #swagger(asked: string): OpenApiResponse {
    const contentType = asked === json ? json : protobufNames.current;
    return this.#document(contentType, contentType, () => {
      const document = openApiV2(this.#known);
      return asked === json ? JSON.stringify(document) : encodeSwagger(document);
    });
  }

  #document(key: string, contentType: string, build: () => string | Buffer): OpenApiResponse {
    const known = this.#documents.get(key);
    if (known) return known;
    const body = build();
    const etag = `"${createHash('sha256').update(body).digest('hex').toUpperCase()}"`;
    const document = { contentType, body, etag };
    this.#documents.set(key, document);
    return document;
  }
}

function offer(accept: string | undefined, types: readonly string[]): string {
  const type = negotiate(accept, types);
  if (type !== undefined) return type;
  throw new StatusError('NotAcceptable', `only the following media types are accepted: ${types.join(', ')}`);
}

function documentName(resource: ResourceInfo): string {
  return `${resource.group === '' ? 'api' : 'apis'}/${apiVersionOf(resource)}`;
}
