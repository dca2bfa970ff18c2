import { createRequire } from 'node:module';
import type * as openApiModule from '@alicloud/openapi-client';
import { RuntimeOptions } from '@alicloud/tea-util';
import type { EciAccess } from './access.ts';
import { clientCredentials } from './credentials.ts';

// A CommonJS module with a default export: see eci.ts.
const openApi = createRequire(import.meta.url)('@alicloud/openapi-client') as (typeof openApiModule)['default'];

const limits = { connectTimeout: 5_000, readTimeout: 10_000 };

interface VSwitchesBody {
  readonly VSwitches?: { readonly VSwitch?: readonly { readonly VSwitchId?: string; readonly ZoneId?: string }[] };
}

/**
 * The zones of vSwitches, asked of the VPC's API (its `DescribeVSwitches`, version 2016-04-28): at the region's own endpoint, or
 * where ECI is if that is no cloud's. One that is not there is left out. Rejects with the SDK's error.
 */
export async function findZones(
  access: EciAccess,
  vSwitchIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { regionId, protocol } = access;
  const endpoint = access.endpoint.endsWith('.aliyuncs.com') ? `vpc.${regionId}.aliyuncs.com` : access.endpoint;
  const client = new openApi.default(
    new openApi.Config({ endpoint, protocol, regionId, ...clientCredentials(access) }),
  );
  const params = new openApi.Params({
    action: 'DescribeVSwitches',
    version: '2016-04-28',
    protocol: protocol.toUpperCase(),
    pathname: '/',
    method: 'POST',
    authType: 'AK',
    style: 'RPC',
    reqBodyType: 'json',
    bodyType: 'json',
  });
  const query = { RegionId: regionId, VSwitchId: vSwitchIds.join(','), PageSize: '50' };
  const answer = await client.callApi(params, new openApi.OpenApiRequest({ query }), new RuntimeOptions(limits));
  const { VSwitches } = answer['body'] as VSwitchesBody;
  return new Map(
    (VSwitches?.VSwitch ?? []).flatMap(({ VSwitchId, ZoneId }) =>
      VSwitchId !== undefined && ZoneId !== undefined ? [[VSwitchId, ZoneId]] : [],
    ),
  );
}
