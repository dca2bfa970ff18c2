import { describe, expect, it } from 'vitest';
import type { Service } from '../src/index.ts';
import { admit, refusal, service, withContainer, withSpec } from './admit.ts';

const path = 'spec.template.spec';

describe('the template of a Service', () => {
  it.each<[string, Service, string]>([
    ['no containers', withSpec('{}'), `missing field(s): ${path}.containers`],
    [
      'containers without an image',
      withContainer('{ ports: [{ containerPort: 80 }] }, { name: b }'),
      `missing field(s): ${path}.containers[0].image, ${path}.containers[1].image`,
    ],
    [
      'too long a timeout',
      withContainer('{ image: a1 }', ', timeoutSeconds: 601'),
      `expected 0 <= 601 <= 600: ${path}.timeoutSeconds`,
    ],
    [
      'concurrency',
      withContainer('{ image: a1 }', ', containerConcurrency: 1001'),
      `expected 0 <= 1001 <= 1000: ${path}.containerConcurrency`,
    ],
    [
      'fields behind flags',
      withContainer('{ image: a1 }', ', affinity: { a: b }, nodeSelector: { a: b }'),
      `must not set the field(s): ${path}.affinity, ${path}.nodeSelector`,
    ],
    [
      'a pod security context',
      withContainer('{ image: a1 }', ', securityContext: { runAsUser: 5 }'),
      `must not set the field(s): ${path}.securityContext, ${path}.securityContext.runAsUser`,
    ],
    [
      'a service account',
      withContainer('{ image: a1 }', ', serviceAccountName: "foo@bar.baz"'),
      `invalid value: foo@bar.baz: ${path}.serviceAccountName\na lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
    ],
    [
      'an image of one letter',
      withContainer('{ image: i }'),
      `Failed to parse image reference: ${path}.containers[0].image\nimage: "i", error: repository must be between 2 and 255 characters in length: i`,
    ],
    [
      'a reserved name',
      withContainer('{ image: a1, name: queue-proxy }'),
      `"queue-proxy" is a reserved container name: ${path}.containers[0].name`,
    ],
    [
      'lifecycle',
      withContainer('{ image: a1, lifecycle: {}, tty: true }'),
      `must not set the field(s): ${path}.containers[0].lifecycle, ${path}.containers[0].tty`,
    ],
    [
      'two ports',
      withContainer('{ image: a1, ports: [{ containerPort: 1 }, { containerPort: 2 }] }'),
      `more than one container port is set: ${path}.containers[*].ports\nOnly a single port is allowed across all containers`,
    ],
    [
      'no port among several containers',
      withContainer('{ image: a1 }, { image: b1 }'),
      `missing field(s): ${path}.containers[*].ports`,
    ],
    [
      'a port name',
      withContainer('{ image: a1, ports: [{ name: grpc }] }'),
      `Port name grpc is not allowed: ${path}.containers[0].ports\nName must be empty, or one of: 'h2c', 'http1'`,
    ],
    [
      'UDP',
      withContainer('{ image: a1, ports: [{ protocol: UDP }] }'),
      `invalid value: UDP: ${path}.containers[0].ports.protocol`,
    ],
    [
      'a port out of range',
      withContainer('{ image: a1, ports: [{ containerPort: 65536 }] }'),
      `expected 0 <= 65536 <= 65535: ${path}.containers[0].ports.containerPort`,
    ],
    [
      'a reserved port',
      withContainer('{ image: a1, ports: [{ containerPort: 8012 }] }'),
      `invalid value: 8012 is a reserved port: ${path}.containers[0].ports.containerPort\n8012 is a reserved port, please use a different value`,
    ],
    [
      'a variable without a name',
      withContainer('{ image: a1, env: [{ value: x }] }'),
      `missing field(s): ${path}.containers[0].env[0].name`,
    ],
    [
      'PORT',
      withContainer('{ image: a1, env: [{ name: PORT }] }'),
      `"PORT" is a reserved environment variable: ${path}.containers[0].env[0].name`,
    ],
    [
      'a field of the pod',
      withContainer('{ image: a1, env: [{ name: A, valueFrom: { fieldRef: { fieldPath: a } } }] }'),
      `must not set the field(s): ${path}.containers[0].env[0].valueFrom.fieldRef`,
    ],
    [
      'an empty envFrom',
      withContainer('{ image: a1, envFrom: [{}] }'),
      `expected exactly one, got neither: ${path}.containers[0].envFrom.configMapRef, ${path}.containers[0].envFrom.secretRef`,
    ],
    [
      'two handlers',
      withContainer('{ image: a1, livenessProbe: { exec: { command: [a] }, httpGet: { path: / } } }'),
      `expected exactly one, got both: ${path}.containers[0].livenessProbe.exec, ${path}.containers[0].livenessProbe.httpGet`,
    ],
    [
      'a probe of another port by name',
      withContainer('{ image: a1, livenessProbe: { httpGet: { port: admin } } }'),
      `invalid value: admin: ${path}.containers[0].livenessProbe.httpGet.port\nProbe port must match container port`,
    ],
    [
      'a timeout without a period',
      withContainer('{ image: a1, readinessProbe: { timeoutSeconds: 2 } }'),
      `timeoutSeconds is disallowed when periodSeconds is zero: ${path}.containers[0].readinessProbe.timeoutSeconds`,
    ],
    [
      'a negative period',
      withContainer('{ image: a1, readinessProbe: { periodSeconds: -1 } }'),
      `expected 0 <= -1 <= 2147483647: ${path}.containers[0].readinessProbe.periodSeconds`,
    ],
    [
      'a negative user',
      withContainer('{ image: a1, securityContext: { runAsUser: -10 } }'),
      `expected 0 <= -10 <= 2147483647: ${path}.containers[0].securityContext.runAsUser`,
    ],
    [
      'a capability',
      withContainer('{ image: a1, securityContext: { privileged: true, capabilities: { add: [NET_ADMIN] } } }'),
      `must not set the field(s): ${path}.containers[0].securityContext.capabilities.add, ${path}.containers[0].securityContext.privileged`,
    ],
    [
      'a mount of nothing',
      withContainer('{ image: a1, volumeMounts: [{ name: v, mountPath: /v }] }'),
      `volumeMount has no matching volume: ${path}.containers[0].volumeMounts[0].name`,
    ],
    [
      'mounts on one path, and on a reserved one',
      withContainer(
        '{ image: a1, volumeMounts: [{ name: v, mountPath: /a }, { name: v, mountPath: /b/../a/ }, { name: v, mountPath: /dev/ }, { name: v, mountPath: x }] }',
        ', volumes: [{ name: v, emptyDir: {} }]',
      ),
      `invalid value: "/b/../a/" must be unique: ${path}.containers[0].volumeMounts[1].mountPath\ninvalid value: x: ${path}.containers[0].volumeMounts[3].mountPath\nmountPath "/dev" is a reserved path: ${path}.containers[0].volumeMounts[2].mountPath`,
    ],
    [
      'mount propagation',
      withContainer(
        '{ image: a1, volumeMounts: [{ name: v, mountPath: /a, mountPropagation: None }] }',
        ', volumes: [{ name: v, emptyDir: {} }]',
      ),
      `Volume Mount Propagation support is disabled, but found volume mount v with mount propagation: \nmust not set the field(s): ${path}.containers[0].volumeMounts[0].mountPropagation`,
    ],
    [
      'a volume nobody mounts, without a source',
      withContainer('{ image: a1 }', ', volumes: [{ name: v }]'),
      `expected exactly one, got neither: ${path}.volumes[0].configMap, ${path}.volumes[0].emptyDir, ${path}.volumes[0].projected, ${path}.volumes[0].secret\nvolume with name "v" not mounted: ${path}.volumes[0].name`,
    ],
    [
      'a claim',
      withContainer(
        '{ image: a1, volumeMounts: [{ name: v, mountPath: /v }] }',
        ', volumes: [{ name: v, persistentVolumeClaim: { claimName: c } }]',
      ),
      `Persistent volume claim support is disabled, but found persistent volume claim c: \nPersistent volume write support is disabled, but found persistent volume claim c that is not read-only: \nexpected exactly one, got neither: ${path}.volumes[0].configMap, ${path}.volumes[0].emptyDir, ${path}.volumes[0].projected, ${path}.volumes[0].secret\nmust not set the field(s): ${path}.volumes[0].persistentVolumeClaim`,
    ],
    [
      'an init container',
      withContainer('{ image: a1 }', ', initContainers: [{ image: b1 }]'),
      `must not set the field(s): ${path}.initContainers\npod spec support for init-containers is off, but found 1 init containers: `,
    ],
    [
      'annotations of autoscaling',
      service(
        'spec: { template: { metadata: { annotations: { autoscaling.knative.dev/window: 1s } }, spec: { containers: [{ image: a1 }] } } }',
      ),
      'expected 6s <= 1s <= 1h0m0s: spec.template.metadata.annotations.autoscaling.knative.dev/window',
    ],
    [
      'other annotations',
      service(
        'spec: { template: { metadata: { annotations: { networking.knative.dev/x: y, queue.sidecar.serving.knative.dev/resource-percentage: "200", serving.knative.dev/progress-deadline: 1500ms } }, spec: { containers: [{ image: a1 }] } } }',
      ),
      'expected 0.1 <= 200 <= 100: spec.template.metadata.annotations.[queue.sidecar.serving.knative.dev/resource-percentage]\ninvalid key name "networking.knative.dev/x": spec.template.metadata.annotations\nprogress-deadline=1500ms is not at second precision: spec.template.metadata.annotations.serving.knative.dev/progress-deadline',
    ],
    [
      'an own name without the prefix',
      service('spec: { template: { metadata: { name: other-1 }, spec: { containers: [{ image: a1 }] } } }'),
      'invalid value: "other-1" must have prefix "hello-": spec.template.metadata.name',
    ],
  ])('refuses %s', (_, manifest, text) => {
    expect(refusal(() => admit(manifest))).toBe(`validation failed: ${text}`);
  });
});
