import { expect, it } from 'vitest';
import { startedFacts } from './screen.ts';

const facts = {
  domain: 'localhost',
  namespace: 'default',
  port: 8080,
  usualPort: 8080,
  healthPort: 8086,
  kubeconfigFile: 'kubeconfig',
  logFile: 'log',
  apps: [{ name: 'folder', folder: '/folder' }],
  problem: undefined,
};

it.each([
  ['hello, if it is there', ['shop', 'hello'], 'http://hello.default.localhost:8080/'],
  ['the first Service otherwise, not the folder it runs', ['shop', 'other'], 'http://shop.default.localhost:8080/'],
  ['hello where there is none yet', [], 'http://hello.default.localhost:8080/'],
])('says to try %s', (_, names, url) => {
  const services = names.map((name) => ({ name, namespace: undefined }));
  expect(startedFacts({ ...facts, services }).exampleUrl).toBe(url);
});

it('says to try a Service where its manifest puts it', () => {
  const services = [{ name: 'shop', namespace: 'market' }];
  expect(startedFacts({ ...facts, services }).exampleUrl).toBe('http://shop.market.localhost:8080/');
});
