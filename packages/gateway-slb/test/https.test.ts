import { connect as connectHttp2 } from 'node:http2';
import { type ConnectionOptions, connect } from 'node:tls';
import {
  type CoreService,
  type Ingress,
  type Secret,
  ingressClass,
  keys,
  namespaceHeader,
  resources,
  revisionHeader,
  revisionSplit,
} from '@ebb/api';
import { silentLogger, systemClock } from '@ebb/base';
import { type Certificates, makeCertificates } from '@ebb/base/certificates';
import { expect, it } from 'vitest';
import { type Gateway, createGateway } from '../src/index.ts';
import { type FakeClient, createFakeClient } from './fake-client.ts';
import { echo, expectSoon, host, openHttpBackend } from './harness.ts';
import { answerOn } from './http2-client.ts';
import { exchangeRaw, expectHears, openRawClient } from './raw-client.ts';

const prefix = 'service.beta.kubernetes.io/alibaba-cloud-loadbalancer-';
const listen = { host: '127.0.0.1', port: 0 };

const open = (client: FakeClient): Promise<Gateway> =>
  createGateway({
    client,
    clock: systemClock,
    logger: silentLogger,
    random: () => 0.5,
    name: 'gateway-1',
    listeners: { public: listen, https: listen },
    sendStats: () => {},
  });

const makeIngress = (httpOption: 'Enabled' | 'Redirected' = 'Enabled'): Ingress => ({
  metadata: {
    namespace: 'default',
    name: 'hello',
    generation: 1,
    creationTimestamp: '2026-01-01T00:00:00Z',
    annotations: { [keys.ingressClass]: ingressClass },
  },
  spec: {
    httpOption,
    tls: [{ hosts: [host], secretName: 'cert', secretNamespace: 'default' }],
    rules: [
      {
        hosts: [host],
        http: {
          paths: [
            {
              splits: [revisionSplit({ namespace: 'default', name: 'hello-00001' }, 100)],
              appendHeaders: { [namespaceHeader]: 'default', [revisionHeader]: 'hello-00001' },
            },
          ],
        },
      },
    ],
  },
});

const certify = (name: string): Promise<Certificates> =>
  makeCertificates({ commonName: name, hosts: [name], now: Date.now() });

const base64 = (text: string): string => Buffer.from(text).toString('base64');

const makeSecret = ({ certificate, key }: Certificates, name = 'cert', namespace = 'default'): Secret => ({
  metadata: { namespace, name },
  type: 'kubernetes.io/tls',
  data: { 'tls.crt': base64(certificate), 'tls.key': base64(key) },
});

const service = (annotations: Record<string, string>): CoreService => ({
  metadata: { namespace: 'knative-serving', name: 'ebb-gateway', annotations },
  spec: {},
});

/** What a request over TLS gets, or the code of what went wrong. */
function get(gateway: Gateway, { more = '', ...options }: ConnectionOptions & { more?: string }): Promise<string> {
  const socket = connect({ ...gateway.httpsAddress, servername: host, ...options });
  socket.once('secureConnect', () =>
    socket.write(`GET /x HTTP/1.1\r\nHost: ${host}\r\n${more || 'Connection: close\r\n'}\r\n`),
  );
  return new Promise((resolve) => {
    socket.once('error', (error) => resolve('code' in error ? String(error.code) : error.message));
    let text = '';
    socket.on('data', (bytes) => (text += String(bytes)));
    socket.once('close', () => resolve(text));
  });
}

it('serves hosts over TLS with the certificates of their Secrets, the newest ones', async () => {
  await using backend = await openHttpBackend(
    (request, response) => void echo(request, response),
    (server) =>
      server.on('upgrade', (request, socket) => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
        socket.end(`upgraded ${String(request.headers['x-forwarded-proto'])}`);
      }),
  );
  const client = createFakeClient();
  client.put(resources.revisions, {
    metadata: { namespace: 'default', name: 'hello-00001' },
    spec: { containers: [{ name: 'user', image: 'x' }], containerConcurrency: 0, timeoutSeconds: 10 },
  });
  client.put(resources.pods, {
    metadata: {
      namespace: 'default',
      name: 'a',
      labels: { [keys.revision]: 'hello-00001' },
      annotations: { [keys.userPort]: String(backend.port) },
    },
    spec: { containers: [{ name: 'user', ports: [{ containerPort: 8080 }] }] },
    status: { podIP: '127.0.0.1', phase: 'Running' },
  });
  const first = await certify(host);
  client.put(resources.secrets, makeSecret(first));
  client.put(resources.ingresses, makeIngress());
  await using gateway = await open(client);
  await gateway.ready;
  await expectSoon(() => client.find<Ingress>(resources.ingresses, 'default/hello')?.status?.conditions?.length === 3);

  // Over TLS, over HTTP/2, and in the clear.
  expect(await get(gateway, { ca: first.ca })).toMatch(/^HTTP\/1.1 200[^]*"x-forwarded-proto":"https"/);
  const session = connectHttp2(`https://${host}`, {
    createConnection: () => connect({ ...gateway.httpsAddress, servername: host, ca: first.ca, ALPNProtocols: ['h2'] }),
  });
  const answer = await answerOn(session.request({ ':path': '/', ':authority': host }));
  expect(answer.body).toContain('"x-forwarded-proto":"https"');
  session.destroy();
  const more = 'Connection: Upgrade\r\nUpgrade: echo\r\n';
  expect(await get(gateway, { ca: first.ca, more })).toMatch(/^HTTP\/1.1 101[^]*upgraded https$/);
  const plain = `GET /x HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
  expect(await exchangeRaw(gateway.publicAddress.port, plain)).toMatch(/^HTTP\/1.1 200/);

  // A new certificate, and one that makes no sense after it.
  const second = await certify(host);
  client.put(resources.secrets, makeSecret(second));
  await expectSoon(async () => (await get(gateway, { ca: second.ca })).startsWith('HTTP/1.1 200'));
  client.put(resources.secrets, { ...makeSecret(second), data: { 'tls.crt': base64('none') } });
  expect(await get(gateway, { ca: second.ca })).toMatch(/^HTTP\/1.1 200/);

  // Only https, but for the proof that the domain is ours.
  client.put(resources.ingresses, {
    ...makeIngress('Redirected'),
    metadata: { ...makeIngress().metadata, generation: 2 },
  });
  await expectSoon(async () =>
    (await exchangeRaw(gateway.publicAddress.port, plain)).includes(`ocation: https://${host}/x`),
  );
  const proof = plain.replace('/x', '/.well-known/acme-challenge/t');
  expect(await exchangeRaw(gateway.publicAddress.port, proof)).toMatch(/^HTTP\/1.1 200/);
  expect(await get(gateway, { ca: second.ca })).toMatch(/^HTTP\/1.1 200/);

  // No certificate, no handshake; then a default one.
  expect(await get(gateway, { ca: second.ca, servername: 'other.example.com' })).toMatch(/HANDSHAKE_FAILURE/);
  const other = await certify('other.example.com');
  client.put(resources.secrets, makeSecret(other, 'ebb-gateway-certificate', 'knative-serving'));
  await expectSoon(async () =>
    (await get(gateway, { ca: other.ca, servername: 'other.example.com' })).startsWith('HTTP/1.1'),
  );

  // What the annotations of the gateway's Service say.
  client.put(resources.coreServices, service({ [`${prefix}tls-cipher-policy`]: 'tls_cipher_policy_1_2_strict' }));
  await expectSoon(async () => !(await get(gateway, { ca: second.ca, minVersion: 'TLSv1.3' })).startsWith('HTTP/1.1'));
  expect(await get(gateway, { ca: second.ca })).toMatch(/^HTTP\/1.1 200/);
  await using kept = await openRawClient(gateway.publicAddress.port);
  const onKept = plain.replace('Connection: close\r\n', '');
  kept.send(onKept);
  await expectHears(kept, 'HTTP/1.1 301');
  client.put(resources.coreServices, service({ [`${prefix}acl-status`]: 'on', 'ebb.dev/acl-entries': '127.0.0.0/8' }));
  await expectSoon(async () => !(await get(gateway, { ca: second.ca })).startsWith('HTTP/1.1'));
  kept.send(onKept);
  await expectHears(kept, /HTTP\/1.1 403 Forbidden[^]*ebb-reason: address-denied/);
  // A probe that asks for nothing is none.
  kept.send(onKept.replace('\r\n\r\n', '\r\nK-Network-Probe:\r\n\r\n'));
  await expectHears(kept, /address-denied[^]*HTTP\/1.1 403 Forbidden[^]*address-denied/);
  client.put(resources.coreServices, service({}));
  await expectSoon(async () => (await get(gateway, { ca: second.ca })).startsWith('HTTP/1.1 200'));

  // Clients must show a certificate, once there is an authority for them.
  const user = await makeCertificates({ commonName: 'user', hosts: [], usage: 'client', now: Date.now() });
  const trust = (authorities: string): void =>
    client.put(resources.secrets, {
      metadata: { namespace: 'knative-serving', name: 'ebb-gateway-client-ca' },
      data: { 'ca.crt': base64(authorities) },
    });
  const isRefused = async (more: object = {}): Promise<boolean> =>
    !(await get(gateway, { ca: second.ca, ...more })).startsWith('HTTP/1.1 200');
  const own = { cert: user.certificate, key: user.key };
  trust('');
  await expectSoon(() => isRefused());
  expect(await isRefused(own)).toBe(true);
  await expectSoon(async () =>
    (await client.list(resources.events)).items.some(({ message }) => message === 'ca.crt has no certificate in PEM'),
  );
  trust(user.ca);
  await expectSoon(async () => !(await isRefused(own)));
  expect(await isRefused()).toBe(true);
  trust('-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----\n');
  expect([await isRefused(own), await isRefused()]).toEqual([false, true]);
});
