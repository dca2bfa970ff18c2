import { describe, expect, it } from 'vitest';
import type { Container } from '../core.ts';
import type { Revision } from '../serving.ts';
import { makePod } from './make-pod.ts';
import { protocolOf, readinessProbeOf, servingContainer, userPortOf } from './serving-container.ts';

const revision = (...containers: Container[]): Revision => ({
  metadata: {
    name: 'hello-00001',
    namespace: 'default',
    uid: 'u1',
    labels: {
      'serving.knative.dev/service': 'hello',
      'serving.knative.dev/configuration': 'hello',
      'serving.knative.dev/routingState': 'active',
      team: 'blue',
    },
    annotations: { 'autoscaling.knative.dev/target': '10', 'serving.knative.dev/routes': 'hello', note: 'kept' },
  },
  spec: { containers, containerConcurrency: 1, timeoutSeconds: 60 },
});
const app: Container = { name: 'user-container', image: 'dev.local/hello' };

describe('makePod', () => {
  it('labels the pod as its Revision’s, bound to the node, and owned', () => {
    const pod = makePod({ revision: revision(app), podName: 'hello-00001-deployment-abcde', nodeName: 'n1' });
    expect(pod.metadata.labels).toEqual({
      app: 'hello-00001',
      team: 'blue',
      'serving.knative.dev/service': 'hello',
      'serving.knative.dev/configuration': 'hello',
      'serving.knative.dev/revision': 'hello-00001',
      'serving.knative.dev/revisionUID': 'u1',
    });
    expect(pod.metadata.annotations).toEqual({
      note: 'kept',
      'kubectl.kubernetes.io/default-container': 'user-container',
    });
    expect(pod.metadata.ownerReferences).toMatchObject([{ kind: 'Revision', uid: 'u1', controller: true }]);
    expect(pod.spec).toMatchObject({ nodeName: 'n1', terminationGracePeriodSeconds: 60, restartPolicy: 'Always' });
    expect(pod.spec).not.toHaveProperty('containerConcurrency');
  });

  it('adds PORT and K_* after the user’s variables, PORT only to the serving container', () => {
    const sidecar: Container = { name: 'side', image: 'dev.local/side' };
    const serving = { ...app, env: [{ name: 'A', value: '1' }], ports: [{ containerPort: 9000 }] };
    const { containers } = makePod({ revision: revision(serving, sidecar), podName: 'p' }).spec;
    expect(containers[0]?.env?.map(({ name }) => name)).toEqual([
      'A',
      'PORT',
      'K_REVISION',
      'K_CONFIGURATION',
      'K_SERVICE',
    ]);
    expect(containers[0]?.env?.[1]?.value).toBe('9000');
    expect(containers[0]?.ports).toEqual([{ name: 'user-port', containerPort: 9000, protocol: 'TCP' }]);
    expect(containers[1]?.env?.map(({ name }) => name)).toEqual(['K_REVISION', 'K_CONFIGURATION', 'K_SERVICE']);
    expect(containers[1]).not.toHaveProperty('ports');
  });

  it('gives no kubelet a period of 0, nor a probe without a port', () => {
    const probed = { ...app, readinessProbe: { httpGet: { path: '/ready', port: 0 }, periodSeconds: 0 } };
    const { containers } = makePod({ revision: revision(probed), podName: 'p' }).spec;
    expect(containers[0]?.readinessProbe).toEqual({ httpGet: { path: '/ready', port: 8080 }, periodSeconds: 1 });
  });
});

describe('makePod, of containers that are not plain', () => {
  it('leaves the period of a liveness probe to Kubernetes, and runs images by their digests', () => {
    const live = { ...app, livenessProbe: { httpGet: { path: '/', port: 0 } } };
    const of: Revision = {
      ...revision(live),
      spec: { containers: [live], initContainers: [{ name: 'init', image: 'dev.local/init' }] },
      status: {
        containerStatuses: [{ name: 'user-container', imageDigest: 'dev.local/hello@sha256:1' }],
        initContainerStatuses: [{ name: 'init', imageDigest: 'dev.local/init@sha256:2' }],
      },
    };
    const { containers, initContainers, terminationGracePeriodSeconds } = makePod({ revision: of, podName: 'p' }).spec;
    expect(containers[0]).toMatchObject({
      image: 'dev.local/hello@sha256:1',
      livenessProbe: { httpGet: { path: '/', port: 8080 } },
      terminationMessagePolicy: 'FallbackToLogsOnError',
    });
    expect(containers[0]?.livenessProbe).not.toHaveProperty('periodSeconds');
    expect(initContainers?.[0]).toMatchObject({ image: 'dev.local/init@sha256:2' });
    expect(initContainers?.[0]?.env?.map(({ name }) => name)).toEqual(['K_REVISION', 'K_CONFIGURATION', 'K_SERVICE']);
    expect(terminationGracePeriodSeconds).toBe(300);
  });
});

describe('the serving container', () => {
  it('is the only one, or the one with ports', () => {
    const spec = { containers: [app, { ...app, name: 'b', ports: [{ name: 'h2c' }] }] };
    expect(servingContainer({ containers: [app] })?.name).toBe('user-container');
    expect(servingContainer(spec)?.name).toBe('b');
    expect([userPortOf(spec), protocolOf(spec)]).toEqual([8080, 'h2c']);
  });

  it('is ready when its port takes connections, unless its probe says otherwise', () => {
    expect(readinessProbeOf({ containers: [app] })).toEqual({ tcpSocket: { port: 8080 } });
    const grpc = { ...app, ports: [{ containerPort: 9000 }], readinessProbe: { grpc: {} } };
    expect(readinessProbeOf({ containers: [grpc] })).toEqual({ grpc: { port: 9000 } });
  });
});
