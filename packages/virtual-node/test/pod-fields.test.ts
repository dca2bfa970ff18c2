import { readFile } from 'node:fs/promises';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Eci, createEci } from '../src/eci/eci.ts';
import { makeContainerGroup } from '../src/pods/container-group.ts';
import { ignoredFields } from '../src/pods/ignored-fields.ts';
import { type Part, honoured, lookup, podOf, probe, volume } from './pod-fields.ts';

const secured = (securityContext: object): Part => ({ container: { securityContext } });

/** Each field, in a pod that uses it, which runs all the same; an event names the field. */
const ignored: readonly (readonly [string, Part])[] = [
  ['spec.hostUsers', { spec: { hostUsers: false } }],
  ['spec.overhead', { spec: { overhead: { cpu: '1' } } }],
  ['spec.runtimeClassName', { spec: { runtimeClassName: 'gvisor' } }],
  ['spec.setHostnameAsFQDN', { spec: { setHostnameAsFQDN: true } }],
  ['spec.securityContext.fsGroup', { spec: { securityContext: { fsGroup: 0 } } }],
  ['spec.securityContext.fsGroupChangePolicy', { spec: { securityContext: { fsGroupChangePolicy: 'Always' } } }],
  ['spec.securityContext.seLinuxChangePolicy', { spec: { securityContext: { seLinuxChangePolicy: 'Recursive' } } }],
  ['spec.securityContext.supplementalGroups', { spec: { securityContext: { supplementalGroups: [5] } } }],
  [
    'spec.securityContext.supplementalGroupsPolicy',
    { spec: { securityContext: { supplementalGroupsPolicy: 'Strict' } } },
  ],
  [
    'spec.securityContext.runAsNonRoot of init containers',
    { spec: { securityContext: { runAsNonRoot: true } }, init: {} },
  ],
  ['spec.initContainers["i"].securityContext.runAsGroup', { init: { securityContext: { runAsGroup: 5 } } }],
  ['spec.initContainers["i"].stdin', { init: { stdin: true } }],
  ['spec.initContainers["i"].tty', { init: { tty: true } }],
  [
    'spec.securityContext.seccompProfile.type',
    { spec: { securityContext: { seccompProfile: { type: 'RuntimeDefault' } } } },
  ],
  [
    'spec.containers["c"].securityContext.appArmorProfile.type',
    secured({ appArmorProfile: { type: 'RuntimeDefault' } }),
  ],
  ['spec.containers["c"].securityContext.seLinuxOptions', secured({ seLinuxOptions: { level: 's0' } })],
  ['spec.containers["c"].securityContext.windowsOptions', secured({ windowsOptions: { runAsUserName: 'x' } })],
  ['spec.containers["c"].securityContext.allowPrivilegeEscalation', secured({ allowPrivilegeEscalation: false })],
  ['spec.containers["c"].securityContext.capabilities.drop', secured({ capabilities: { drop: ['ALL'] } })],
  ['spec.containers["c"].securityContext.procMount', secured({ procMount: 'Unmasked' })],
  ['spec.containers["c"].ports[0].hostPort', { container: { ports: [{ containerPort: 80, hostPort: 80 }] } }],
  ['spec.containers["c"].ports[0].hostIP', { container: { ports: [{ containerPort: 80, hostIP: '1.2.3.4' }] } }],
  [
    'spec.containers["c"].lifecycle.postStart.sleep',
    { container: { lifecycle: { postStart: { sleep: { seconds: 1 } } } } },
  ],
  ['spec.containers["c"].lifecycle.stopSignal', { container: { lifecycle: { stopSignal: 'SIGUSR1' } } }],
  [
    'spec.containers["c"].livenessProbe.terminationGracePeriodSeconds',
    probe('livenessProbe', { tcpSocket: { port: 1 }, terminationGracePeriodSeconds: 5 }),
  ],
  ['spec.containers["c"].readinessProbe.httpGet.host', probe('readinessProbe', { httpGet: { port: 1, host: 'x' } })],
  ['spec.containers["c"].startupProbe.tcpSocket.host', probe('startupProbe', { tcpSocket: { port: 1, host: 'x' } })],
];

/** Each field, in a pod that uses it, which is refused at once by the field's name. */
const refused: readonly (readonly [string, Part])[] = [
  ['spec.hostNetwork', { spec: { hostNetwork: true } }],
  ['spec.hostPID', { spec: { hostPID: true } }],
  ['spec.hostIPC', { spec: { hostIPC: true } }],
  ['spec.os.name', { spec: { os: { name: 'windows' } } }],
  ['spec.resourceClaims', { spec: { resourceClaims: [{ name: 'gpu' }] } }],
  ['spec.containers["c"].resources.claims', { container: { resources: { claims: [{ name: 'gpu' }] } } }],
  ['spec.containers["c"].securityContext.privileged', secured({ privileged: true })],
  [
    'spec.containers["c"].securityContext.capabilities.add[1]',
    secured({ capabilities: { add: ['NET_RAW', 'SYS_ADMIN'] } }),
  ],
  ['spec.containers["c"].volumeDevices', { container: { volumeDevices: [{ name: 'v', devicePath: '/dev/v' }] } }],
  ['spec.containers["c"].restartPolicyRules', { container: { restartPolicyRules: [{ action: 'Restart' }] } }],
  [
    'spec.containers["c"].volumeMounts[0].recursiveReadOnly',
    {
      ...volume({ emptyDir: {} }),
      container: { volumeMounts: [{ name: 'v', mountPath: '/v', recursiveReadOnly: 'Enabled' }] },
    },
  ],
  ['spec.containers["c"].ports[0].protocol', { container: { ports: [{ containerPort: 80, protocol: 'SCTP' }] } }],
  ['spec.containers["c"].args', { container: { args: Array.from({ length: 11 }, () => 'x') } }],
  [
    'spec.containers["c"].env',
    { container: { env: Array.from({ length: 101 }, (_, index) => ({ name: `V${index}`, value: 'x' })) } },
  ],
  ['spec.initContainers["i"].restartPolicy', { init: { restartPolicy: 'Never' } }],
  [
    'spec.volumes[0].projected.sources[0].clusterTrustBundle',
    volume({ projected: { sources: [{ clusterTrustBundle: { path: 'x' } }] } }),
  ],
  [
    'spec.volumes[0].projected.sources[0].podCertificate',
    volume({ projected: { sources: [{ podCertificate: { path: 'x' } }] } }),
  ],
  ['spec.volumes["v"].hostPath', volume({ hostPath: { path: '/' } })],
  ['spec.volumes["v"].iscsi', volume({ iscsi: { iqn: 'x' } })],
  ['spec.volumes["v"].image', volume({ image: { reference: 'x' } })],
];

describe('a field of a pod', () => {
  let server: Server;
  let eci: Eci;
  const calls: URLSearchParams[] = [];

  beforeAll(async () => {
    server = createServer({ maxHeaderSize: 2 ** 20 }, (request, response) => {
      calls.push(new URL(request.url ?? '', 'http://localhost').searchParams);
      response.setHeader('content-type', 'application/json').end('{"ContainerGroupId":"eci-1","RequestId":"r"}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const endpoint = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    eci = createEci({ endpoint, protocol: 'http', regionId: 'local', accessKeyId: 'k', accessKeySecret: 's' });
  });

  afterAll(async () => {
    eci.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  /** What ECI is asked for, as it is written on the wire by the official SDK. */
  const asked = async (part: Part): Promise<Record<string, string>> => {
    await eci.create(makeContainerGroup(podOf(part), lookup));
    return Object.fromEntries(calls.at(-1) ?? []);
  };

  it.each(honoured)('reaches ECI: %s', async (_field, part, wire) => {
    const call = await asked(part);
    expect(Object.fromEntries(Object.keys(wire).map((name) => [name, call[name]]))).toEqual(wire);
    expect(ignoredFields(podOf(part))).toEqual([]);
  });

  it.each(ignored)('is named where it means nothing: %s', async (name, part) => {
    expect(ignoredFields(podOf(part))).toEqual([name]);
    expect(await asked(part)).toMatchObject({ ContainerGroupName: 'shop-p' });
  });

  it.each(refused)('is refused by its name: %s', (name, part) => {
    expect(() => makeContainerGroup(podOf(part), lookup)).toThrow(name);
  });

  it('is in the table of the documentation, with what becomes of it', async () => {
    const page = await readFile(new URL('../../../docs/serverless-node.md', import.meta.url), 'utf8');
    const plain = (name: string): string =>
      name.replace(/^spec\.(containers\["c"\]\.)?/, '').replaceAll(/\[("."|\d)\]/g, '');
    for (const [verdict, rows] of Object.entries({ honoured, ignored, refused })) {
      const line = page.split('\n').find((each) => each.startsWith(`| *${verdict}* |`)) ?? '';
      const told = [...line.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
      const shown = new Set(rows.map(([name]) => plain(name)));
      expect({ verdict, fields: new Set(told) }).toEqual({ verdict, fields: shown });
    }
  });
});
