import { expect, it } from 'vitest';
import { annotateAddresses, readAddresses } from './gateway-lease.ts';

it('carries the addresses of a gateway', () => {
  const addresses = { public: { host: '10.0.0.1', port: 8080 }, private: { host: 'fd00::1', port: 8081 } };
  const annotations = annotateAddresses(addresses);
  expect(annotations).toEqual({
    'ebb.dev/public-address': '10.0.0.1:8080',
    'ebb.dev/private-address': '[fd00::1]:8081',
  });
  expect(readAddresses({ metadata: { annotations } })).toEqual(addresses);
  expect(readAddresses({ metadata: { annotations: annotateAddresses({ public: addresses.public }) } })).toEqual({
    public: addresses.public,
  });
});

it.each(['', 'here', '10.0.0.1', '10.0.0.1:0', '10.0.0.1:99999', 'http://a:80', 'a b:80', 'fd00::1:80', ':80'])(
  'takes "%s" for no address',
  (text) => {
    expect(readAddresses({ metadata: { annotations: { 'ebb.dev/public-address': text } } })).toEqual({});
    expect(readAddresses({ metadata: {} })).toEqual({});
  },
);
