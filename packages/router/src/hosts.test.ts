import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expandHost, hostName } from './hosts.ts';

describe('hostName', () => {
  it.each([
    ['Hello.Example.COM', 'hello.example.com'],
    ['hello.example.com:8080', 'hello.example.com'],
    ['hello.example.com.', 'hello.example.com'],
    ['hello.example.com.:80', 'hello.example.com'],
    ['[::1]:8080', '[::1]'],
    ['', ''],
    ['.', '.'],
    [':80', ''],
  ])('reads %j as %j', (header, name) => {
    expect(hostName(header)).toBe(name);
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => typeof hostName(text) === 'string'));
  });
});

describe('expandHost', () => {
  it('adds the short forms of a local name', () => {
    expect(expandHost('a.b.svc.cluster.local', 'cluster.local')).toEqual(['a.b.svc.cluster.local', 'a.b.svc', 'a.b']);
  });

  it('leaves other names as they are', () => {
    expect(expandHost('a.b.example.com', 'cluster.local')).toEqual(['a.b.example.com']);
  });

  it('drops a form whose last label is a number or too long', () => {
    expect(expandHost('10.svc.cluster.local', 'cluster.local')).toEqual(['10.svc.cluster.local', '10.svc']);
    const long = 'x'.repeat(64);
    expect(expandHost(`a.${long}.cluster.local`, 'cluster.local')).toEqual([`a.${long}.cluster.local`]);
  });
});
