import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { KubernetesObject } from '../src/index.ts';
import { admit } from './admit.ts';

/** Manifests such as tutorials for Knative have: they must go in as they are. */
const manifests: Readonly<Record<string, string>> = {
  'hello world': `
apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: hello, namespace: default }
spec:
  template:
    spec:
      containers:
        - image: ghcr.io/knative/helloworld-go:latest
          ports: [{ containerPort: 8080 }]
          env: [{ name: TARGET, value: World }]`,
  'bounds and target of scaling': `
apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: scaled }
spec:
  template:
    metadata:
      annotations:
        autoscaling.knative.dev/class: kpa.autoscaling.knative.dev
        autoscaling.knative.dev/metric: rps
        autoscaling.knative.dev/target: "150"
        autoscaling.knative.dev/target-utilization-percentage: "70"
        autoscaling.knative.dev/min-scale: "1"
        autoscaling.knative.dev/max-scale: "10"
        autoscaling.knative.dev/initial-scale: "3"
        autoscaling.knative.dev/window: 40s
        autoscaling.knative.dev/panic-window-percentage: "20.0"
        autoscaling.knative.dev/panic-threshold-percentage: "150.0"
        autoscaling.knative.dev/scale-down-delay: 15m
        autoscaling.knative.dev/scale-to-zero-pod-retention-period: 1m5s
        autoscaling.knative.dev/target-burst-capacity: "-1"
    spec:
      containers: [{ image: docker.io/example/autoscale-go }]`,
  'HPA on cpu': `
apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: on-cpu }
spec:
  template:
    metadata:
      annotations:
        autoscaling.knative.dev/class: hpa.autoscaling.knative.dev
        autoscaling.knative.dev/metric: cpu
        autoscaling.knative.dev/target: "100"
    spec:
      containers: [{ image: example.com:5000/team/app:v1.2_3 }]`,
  'a hard limit of concurrency and timeouts': `
apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: limited }
spec:
  template:
    spec:
      containerConcurrency: 50
      timeoutSeconds: 500
      responseStartTimeoutSeconds: 20
      idleTimeoutSeconds: 30
      containers: [{ image: gcr.io/project/app }]`,
  'traffic by percent with tags and own names': `
apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: shop }
spec:
  template:
    metadata: { name: shop-v2 }
    spec:
      containers: [{ image: example/shop }]
  traffic:
    - { revisionName: shop-v1, percent: 90, tag: stable }
    - { revisionName: shop-v2, percent: 10, tag: candidate }
    - { latestRevision: true, percent: 0, tag: latest }`,
  'a Route and a Configuration': `
apiVersion: serving.knative.dev/v1
kind: Configuration
metadata: { name: config, namespace: default, labels: { app: demo } }
spec:
  template:
    metadata: { labels: { app: demo } }
    spec:
      containers:
        - image: example/demo
          imagePullPolicy: Always
          env: [{ name: COLOUR, value: blue }]
---
apiVersion: serving.knative.dev/v1
kind: Route
metadata: { name: demo, namespace: default }
spec:
  traffic:
    - { configurationName: config, percent: 50 }
    - { revisionName: config-00001, percent: 50, tag: v1 }`,
  probes: `
apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: probed }
spec:
  template:
    spec:
      containers:
        - image: example/probed
          livenessProbe: { httpGet: { path: /alive }, periodSeconds: 10 }
          readinessProbe:
            httpGet: { path: /ready, port: 8080, httpHeaders: [{ name: X-Probe, value: "yes" }] }
            initialDelaySeconds: 5
            periodSeconds: 5
            failureThreshold: 2
          startupProbe: { exec: { command: [cat, /started] }, failureThreshold: 30, periodSeconds: 1 }`,
  'gRPC over h2c': `
apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: grpc-ping }
spec:
  template:
    spec:
      containers:
        - image: docker.io/example/grpc-ping-go
          ports: [{ name: h2c, containerPort: 8080 }]
          readinessProbe: { grpc: { port: 8080 } }`,
  'files from ConfigMap, Secret and an empty folder': `
apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: files }
spec:
  template:
    spec:
      containers:
        - image: example/files
          volumeMounts:
            - { name: settings, mountPath: /etc/app, readOnly: true }
            - { name: keys, mountPath: /etc/keys, subPath: tls.key }
            - { name: cache, mountPath: /cache }
            - { name: all, mountPath: /etc/all }
      volumes:
        - { name: settings, configMap: { name: app, items: [{ key: app.yaml, path: app.yaml }] } }
        - { name: keys, secret: { secretName: keys, defaultMode: 256 } }
        - { name: cache, emptyDir: { medium: Memory, sizeLimit: 64Mi } }
        - name: all
          projected:
            sources:
              - configMap: { name: app }
              - secret: { name: keys, items: [{ key: a, path: a }] }
              - serviceAccountToken: { path: token, audience: api, expirationSeconds: 3600 }`,
  'environment from ConfigMaps and Secrets': `
apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: envs }
spec:
  template:
    spec:
      containers:
        - image: example/envs
          env:
            - { name: PASSWORD, valueFrom: { secretKeyRef: { name: db, key: password } } }
            - { name: LEVEL, valueFrom: { configMapKeyRef: { name: log, key: level, optional: true } } }
            - { name: EMPTY }
          envFrom:
            - { prefix: DB_, secretRef: { name: db } }
            - { configMapRef: { name: log } }`,
  'several containers': `
apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: pair }
spec:
  template:
    spec:
      containers:
        - name: front
          image: example/front
          ports: [{ containerPort: 8881 }]
        - name: side
          image: example/side@sha256:${'0123456789abcdef'.repeat(4)}
          env: [{ name: PORT, value: "8882" }]`,
  'resources and arguments': `
apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: sized }
spec:
  template:
    spec:
      containers:
        - image: example/sized
          command: [/bin/app]
          args: ["--verbose", "--size=3"]
          workingDir: /srv
          resources:
            requests: { cpu: 100m, memory: 128Mi }
            limits: { cpu: 1, memory: 1.5Gi, ephemeral-storage: 1G }`,
  'identity and secrets to pull': `
apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: private }
spec:
  template:
    spec:
      serviceAccountName: build-bot
      automountServiceAccountToken: false
      imagePullSecrets: [{ name: registry }]
      enableServiceLinks: false
      containers: [{ image: registry.example.com/private/app:1.0 }]`,
  'a hardened container': `
apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: hardened }
spec:
  template:
    spec:
      containers:
        - image: example/hardened
          securityContext:
            allowPrivilegeEscalation: false
            runAsNonRoot: true
            runAsUser: 65532
            readOnlyRootFilesystem: true
            capabilities: { drop: [ALL] }
            seccompProfile: { type: RuntimeDefault }`,
  'a private service with labels and annotations': `
apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: internal
  labels: { networking.knative.dev/visibility: cluster-local, team: blue }
  annotations:
    serving.knative.dev/rollout-duration: 380s
    networking.knative.dev/http-protocol: Redirected
spec:
  template:
    metadata:
      creationTimestamp: null
      annotations:
        serving.knative.dev/progress-deadline: 2m
        features.knative.dev/http-full-duplex: Enabled
        queue.sidecar.serving.knative.dev/cpu-resource-request: 40m
    spec:
      containers: [{ image: example/internal, terminationMessagePolicy: File }]`,
  'a generated name': `
apiVersion: serving.knative.dev/v1
kind: Service
metadata: { generateName: run- }
spec: { template: { spec: { containers: [{ image: example/run }] } } }`,
};

const documents = Object.entries(manifests).map(([name, text]): [string, KubernetesObject[]] => [
  name,
  parseAllDocuments(text).map((document): KubernetesObject => document.toJS()),
]);

describe('a manifest from documentation', () => {
  it.each(documents)('is admitted: %s', (_, objects) => {
    for (const object of objects) {
      const first = admit(object).object;
      expect(admit(first, { oldObject: first }).object).toEqual(first);
    }
  });
});
