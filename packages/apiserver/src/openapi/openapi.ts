import { createHash } from 'node:crypto';
import { apiVersionOf, StatusError } from '@ebb/api';
import { negotiate } from '../discovery/accept.ts';
import type { ResourceInfo } from '../resource-info.ts';
import { openApiV2, openApiV3 } from './document.ts';

export interface OpenApiResponse {
  readonly contentType: string;
  readonly body: string;
  /** In quotes, as the header wants it. */
  readonly etag: string;
}

const json = 'application/json';

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
   * The answer to `/openapi/v3` (the index), `/openapi/v3/apis/<group>/<version>`, `/openapi/v3/api/v1` or `/openapi/v2`;
   * a query in the path is ignored. `undefined` if there is no such document. Throws `StatusError` (`NotAcceptable`)
   * if the client does not take JSON: protocol buffers are not spoken here.
   */
  respond(path: string, accept: string | undefined): OpenApiResponse | undefined {
    const [bare = ''] = path.split('?');
    this.#refresh();
    const name = bare.replace(/\/$/, '');
    if (name !== '/openapi/v2' && name !== '/openapi/v3' && !name.startsWith('/openapi/v3/')) return undefined;
    if (negotiate(accept, [json]) === undefined)
      throw new StatusError('NotAcceptable', `only the following media types are accepted: ${json}`);
    if (name === '/openapi/v2') return this.#document(name, () => openApiV2(this.#known));
    if (name === '/openapi/v3') return this.#document(name, () => this.#index());
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
    return resources.length === 0 ? undefined : this.#document(name, () => openApiV3(resources));
  }

  #document(name: string, build: () => object): OpenApiResponse {
    const known = this.#documents.get(name);
    if (known) return known;
    const body = JSON.stringify(build());
    const etag = `"${createHash('sha256').update(body).digest('hex').toUpperCase()}"`;
    const document = { contentType: json, body, etag };
    this.#documents.set(name, document);
    return document;
  }
}

function documentName(resource: ResourceInfo): string {
  return `${resource.group === '' ? 'api' : 'apis'}/${apiVersionOf(resource)}`;
}
