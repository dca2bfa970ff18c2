import { describe, expect, it } from 'vitest';
import { type Configuration, type Service, parseServingConfig } from '../src/index.ts';
import { admit, hello, service, withContainer, withSpec } from './admit.ts';

describe('defaults', () => {
  it('completes a hello world', () => {
    expect(admit(hello).object).toEqual({
      kind: 'Service',
      metadata: {
        name: 'hello',
        namespace: 'default',
        annotations: { 'serving.knative.dev/creator': 'ann', 'serving.knative.dev/lastModifier': 'ann' },
      },
      spec: {
        template: {
          metadata: {},
          spec: {
            containerConcurrency: 0,
            timeoutSeconds: 300,
            enableServiceLinks: false,
            containers: [
              {
                name: 'user-container',
                image: 'dev.local/hello',
                resources: {},
                readinessProbe: { tcpSocket: { port: 0 }, successThreshold: 1 },
              },
            ],
          },
        },
        traffic: [{ latestRevision: true, percent: 100 }],
      },
    });
  });

  it('leaves the request alone, and what it gave out when asked again', () => {
    const before = structuredClone(hello);
    const first = admit(hello).object;
    expect(hello).toEqual(before);
    expect(admit(first, { oldObject: first }).object).toEqual(first);
  });

  it('numbers containers without a name around those that have one', () => {
    const manifest = withContainer(
      '{ image: a1, ports: [{ containerPort: 8080 }] }, { image: b1, name: user-container-1 }, { image: c1 }',
    );
    const { spec } = admit(manifest).object as Service;
    expect(spec.template.spec.containers.map(({ name }) => name)).toEqual([
      'user-container-0',
      'user-container-1',
      'user-container-2',
    ]);
    expect(spec.template.spec.containers.map(({ readinessProbe }) => readinessProbe !== undefined)).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('completes a probe with a period, and no other', () => {
    const { spec } = admit(withContainer('{ image: a1, readinessProbe: { httpGet: { path: /x }, periodSeconds: 2 } }'))
      .object as Service;
    expect(spec.template.spec.containers[0]?.readinessProbe).toEqual({
      httpGet: { path: '/x', port: 0 },
      periodSeconds: 2,
      successThreshold: 1,
      failureThreshold: 3,
      timeoutSeconds: 1,
    });
  });

  it('limits the wait for a response only below the timeout', () => {
    const timeouts = (seconds: number): unknown =>
      (admit(withSpec(`{ timeoutSeconds: ${seconds}, containers: [{ image: a1 }] }`)).object as Service).spec.template
        .spec;
    expect(timeouts(0)).toMatchObject({ timeoutSeconds: 300 });
    expect(timeouts(300)).not.toHaveProperty('responseStartTimeoutSeconds');
    expect(timeouts(400)).toMatchObject({ timeoutSeconds: 400, responseStartTimeoutSeconds: 300 });
    expect(timeouts(400)).not.toHaveProperty('idleTimeoutSeconds');
  });

  it('mounts read only what cannot be written', () => {
    const manifest = withContainer(
      '{ image: a1, volumeMounts: [{ name: c, mountPath: /c }, { name: e, mountPath: /e }] }',
      ', volumes: [{ name: c, configMap: { name: c } }, { name: e, emptyDir: {} }]',
    );
    expect((admit(manifest).object as Service).spec.template.spec.containers[0]?.volumeMounts).toEqual([
      { name: 'c', mountPath: '/c', readOnly: true },
      { name: 'e', mountPath: '/e' },
    ]);
  });

  it('makes pods secure where the cluster wants that', () => {
    const config = parseServingConfig({ 'config-features': { 'secure-pod-defaults': 'Enabled' } });
    const { object, warnings } = admit(withContainer('{ image: a1, ports: [{ containerPort: 80 }] }'), { config });
    expect((object as Service).spec.template.spec.containers[0]?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
      capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] },
    });
    expect(warnings).toEqual([]);
    expect(admit(hello).warnings).toHaveLength(1);
  });

  it('tells who changed a spec, and only then', () => {
    const stored = admit(hello).object;
    const changed = structuredClone(stored) as Service;
    changed.spec.template.spec.timeoutSeconds = 10;
    const relabelled = { ...stored, metadata: { ...stored.metadata, labels: { a: 'b' } } };
    const by = { oldObject: stored, userName: 'bob' };
    expect(admit(changed, by).object.metadata.annotations).toEqual({
      'serving.knative.dev/creator': 'ann',
      'serving.knative.dev/lastModifier': 'bob',
    });
    expect(admit(relabelled, by).object.metadata.annotations).toEqual(stored.metadata.annotations);
  });

  it('does not touch the template under an unchanged own name', () => {
    const stored = service(
      'spec: { template: { metadata: { name: hello-one }, spec: { timeoutSeconds: 5, containers: [{ name: u, image: a1, resources: {} }] } } }',
    );
    const admitted = admit(stored, { oldObject: stored }).object as Service;
    expect(admitted.spec.template).toEqual(stored.spec.template);
  });

  it('gives PodAutoscalers a class and a metric, Ingresses a visibility and whole splits', () => {
    const scaler = {
      kind: 'PodAutoscaler',
      metadata: { name: 'a', namespace: 'default' },
      spec: { protocolType: 'http1', scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' } },
    };
    expect(admit(scaler).object.metadata.annotations).toEqual({
      'autoscaling.knative.dev/class': 'kpa.autoscaling.knative.dev',
      'autoscaling.knative.dev/metric': 'concurrency',
    });
    const split = { serviceName: 'r', serviceNamespace: 'default', servicePort: 80 };
    const ingress = {
      kind: 'Ingress',
      metadata: { name: 'i', namespace: 'default' },
      spec: { rules: [{ hosts: ['h'], http: { paths: [{ splits: [split] }] } }] },
    };
    expect(admit(ingress).object).toMatchObject({
      spec: { rules: [{ visibility: 'ExternalIP', http: { paths: [{ splits: [{ ...split, percent: 100 }] }] } }] },
    });
  });
});

describe('a Configuration', () => {
  it('is completed as a Service is, without traffic', () => {
    const configuration: Configuration = { kind: 'Configuration', metadata: { name: 'c' }, spec: hello.spec };
    const admitted = admit(configuration).object as Configuration;
    expect(admitted.spec.template.spec.containers[0]?.name).toBe('user-container');
    expect(admitted.metadata.annotations).toMatchObject({ 'serving.knative.dev/creator': 'ann' });
    expect(admitted.spec).not.toHaveProperty('traffic');
  });
});
