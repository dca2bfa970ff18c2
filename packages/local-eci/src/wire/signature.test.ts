import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type AccessKey, type SignedCall, checkSignature } from './signature.ts';

const emptyHash = createHash('sha256').digest('hex');

/** Calls that Alibaba Cloud publishes with their signatures, to try one's own signing by. */
const published: readonly (readonly [kind: string, call: SignedCall, key: AccessKey])[] = [
  [
    'ACS3-HMAC-SHA256',
    {
      method: 'POST',
      path: '/',
      headers: new Map([
        ['host', 'ecs.cn-shanghai.aliyuncs.com'],
        ['x-acs-action', 'RunInstances'],
        ['x-acs-content-sha256', emptyHash],
        ['x-acs-date', '2023-10-26T10:22:32Z'],
        ['x-acs-signature-nonce', '3156853299f313e23d1673dc12e1703d'],
        ['x-acs-version', '2014-05-26'],
        [
          'authorization',
          'ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0',
        ],
      ]),
      query: new Map([
        ['RegionId', 'cn-shanghai'],
        ['ImageId', 'win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd'],
      ]),
      form: new Map(),
      body: Buffer.alloc(0),
    },
    { accessKeyId: 'YourAccessKeyId', accessKeySecret: 'YourAccessKeySecret' },
  ],
  [
    'HMAC-SHA1',
    {
      method: 'GET',
      path: '/',
      headers: new Map([['host', 'ecs.aliyuncs.com']]),
      query: new Map([
        ['Timestamp', '2016-02-23T12:46:24Z'],
        ['Format', 'XML'],
        ['AccessKeyId', 'testid'],
        ['Action', 'DescribeRegions'],
        ['SignatureMethod', 'HMAC-SHA1'],
        ['SignatureNonce', '3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf'],
        ['Version', '2014-05-26'],
        ['SignatureVersion', '1.0'],
        ['Signature', 'OLeaidS1JvxuMvnyHOwuJ+uX5qY='],
      ]),
      form: new Map(),
      body: Buffer.alloc(0),
    },
    { accessKeyId: 'testid', accessKeySecret: 'testsecret' },
  ],
];

describe.each(published)('a published call signed with %s', (_kind, call, key) => {
  it('is taken, and is not with another parameter or secret', () => {
    expect(checkSignature(call, key).nonce).toMatch(/^3/);
    const refused = expect.objectContaining({ code: 'SignatureDoesNotMatch', statusCode: 400 });
    expect(() => checkSignature(call, { ...key, accessKeySecret: 'another' })).toThrow(refused);
    const changed = { ...call, query: new Map([...call.query, ['Force', 'true']]) };
    expect(() => checkSignature(changed, key)).toThrow(refused);
  });
});

it('tells what should have been signed, as SDKs compare it with what they signed', () => {
  const [, [, call, key]] = published as [unknown, (typeof published)[0]];
  const signed =
    'GET&%2F&AccessKeyId%3Dtestid%26Action%3DDescribeRegions%26Format%3DXML%26SignatureMethod%3DHMAC-SHA1%26SignatureNonce%3D3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf%26SignatureVersion%3D1.0%26Timestamp%3D2016-02-23T12%253A46%253A24Z%26Version%3D2014-05-26';
  expect(() => checkSignature(call, { ...key, accessKeySecret: 'another' })).toThrow(
    `server string to sign is:${signed}`,
  );
});
