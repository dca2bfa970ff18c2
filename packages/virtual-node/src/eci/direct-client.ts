import { createRequire } from 'node:module';
import type * as sdkModule from '@alicloud/eci20180808';
import type * as openApi from '@alicloud/openapi-client';
import type { RuntimeOptions } from '@alicloud/tea-util';

// A CommonJS module with a default export: what `import` makes of that differs between Node and bundlers, `require` is plain.
export const sdk: (typeof sdkModule)['default'] = createRequire(import.meta.url)('@alicloud/eci20180808');

/** Carries out an action, named as on the wire, with its flat parameters. Rejects with errors that have a `code`. */
export type DirectCall = (action: string, parameters: Readonly<Record<string, string>>) => Promise<object>;

/** The SDK's client of an ECI in the same process: its requests and answers, which take no way over a socket and need no signature. */
export class DirectClient extends sdk.default {
  readonly #call: DirectCall;

  constructor(config: openApi.Config, call: DirectCall) {
    super(config);
    this.#call = call;
  }

  /** What each of the SDK's actions comes to. */
  override async callApi(
    { action }: openApi.Params,
    { query }: openApi.OpenApiRequest,
    { extendsParameters }: RuntimeOptions,
  ): Promise<Record<string, unknown>> {
    const body = await this.#call(action, { ...extendsParameters?.queries, ...query });
    return { statusCode: 200, headers: {}, body };
  }
}
