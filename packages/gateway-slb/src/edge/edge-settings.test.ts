import { expect, it } from 'vitest';
import { AddressList, mayConnect } from './address-list.ts';
import { defaultEdgeSettings, readEdgeSettings } from './edge-settings.ts';

const prefix = 'service.beta.kubernetes.io/alibaba-cloud-loadbalancer-';

const read = (annotations: Record<string, string>, more: Record<string, string> = {}) =>
  readEdgeSettings({
    ...Object.fromEntries(Object.entries(annotations).map(([key, value]) => [prefix + key, value])),
    ...more,
  });

it('reads what CCM calls by these names', () => {
  const { settings, faults, ignored } = read(
    {
      'tls-cipher-policy': 'tls_cipher_policy_1_2',
      'http2-enabled': 'off',
      'proxy-protocol': 'on',
      'forward-port': '80:443',
      'idle-timeout': '15',
      'request-timeout': '180',
      'sticky-session': 'on',
      'cookie-timeout': '60',
      'xforwardedfor-slbport': 'on',
      'acl-status': 'on',
      'acl-type': 'white',
      'acl-id': 'acl-1',
      scheduler: 'wrr',
      weight: '60',
    },
    { 'ebb.dev/acl-entries': '10.0.0.0/8, 192.0.2.1' },
  );
  expect(settings).toMatchObject({
    tlsPolicy: 'tls_cipher_policy_1_2',
    http2: false,
    proxyProtocol: true,
    httpsOnly: true,
    idleMs: 15_000,
    requestMs: 180_000,
    scheduler: 'round-robin',
    affinity: { kind: 'insert', cookie: 'SERVERID', maxAgeSeconds: 60 },
    forwarded: { slbPort: true, clientPort: false },
  });
  expect(settings.access.allow?.has('10.1.2.3')).toBe(true);
  expect(faults).toEqual([]);
  expect(ignored).toEqual([`${prefix}weight`]);
});

it('is the default where nothing is said, and takes the older prefix too', () => {
  expect(readEdgeSettings({ other: 'x' })).toEqual({ settings: defaultEdgeSettings, faults: [], ignored: [] });
  const older = { 'service.beta.kubernetes.io/alicloud-loadbalancer-proxy-protocol': 'on' };
  expect(readEdgeSettings(older).settings.proxyProtocol).toBe(true);
});

it('tells key, value and what it must be of what makes no sense, and goes on without it', () => {
  const { settings, faults } = read(
    {
      'tls-cipher-policy': 'best',
      'idle-timeout': '0',
      'proxy-protocol': 'yes',
      'sticky-session': 'on',
      'sticky-session-type': 'server',
      cookie: 'a b',
      scheduler: 'sch',
    },
    { 'ebb.dev/trusted-proxies': 'office' },
  );
  expect(settings).toEqual({ ...defaultEdgeSettings, trustedProxies: new AddressList([]) });
  expect(faults).toEqual([
    expect.stringMatching(/^tls-cipher-policy = "best": must be one of tls_cipher_policy_1_0/),
    'proxy-protocol = "yes": must be on or off',
    'idle-timeout = "0": must be a number of seconds from 1 to 3600',
    'cookie = "a b": must be the name of a cookie, of up to 200 characters',
    'sticky-session-type = "server": the annotation `cookie` must name the cookie of the app',
    'scheduler = "sch": must be rr or wrr or wlc',
    expect.stringMatching(/^ebb.dev\/trusted-proxies = "office": 'office' is no address/),
  ]);
});

it.each([
  ['white', '10.0.0.0/8, 10.0.0.0/33', true, false, 1],
  ['white', 'office', false, false, 1],
  ['white', ' , ', true, true, 0],
  ['black', '10.0.0.0/8, office', false, true, 1],
  ['black', 'office', true, true, 1],
])('keeps to a %s list of %j as far as it makes sense', (type, entries, ofIt, other, count) => {
  const { settings, faults } = read({ 'acl-status': 'on', 'acl-type': type }, { 'ebb.dev/acl-entries': entries });
  expect([mayConnect(settings.access, '10.1.2.3'), mayConnect(settings.access, '192.0.2.1')]).toEqual([ofIt, other]);
  expect(faults).toHaveLength(count);
});

it('reads which cookie of the app keeps a session', () => {
  const { settings, faults, ignored } = read({
    'sticky-session': 'on',
    'sticky-session-type': 'server',
    cookie: 'sid',
  });
  expect([settings.affinity, faults, ignored]).toEqual([{ kind: 'server', cookie: 'sid' }, [], []]);
});
