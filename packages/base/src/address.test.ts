import { expect, it } from 'vitest';
import { formatAddress } from './address.ts';

it.each([
  ['10.0.0.1', '10.0.0.1:80'],
  ['fd00::1', '[fd00::1]:80'],
  ['gateway.example', 'gateway.example:80'],
])('puts host %s and port together', (host, text) => {
  expect(formatAddress({ host, port: 80 })).toBe(text);
});
