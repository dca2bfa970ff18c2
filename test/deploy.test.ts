import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ConfigMap,
  type KubernetesObject,
  createAdmission,
  defaultServingConfig,
  parseServingConfig,
  systemNamespace,
} from '@ebb/api';
import { parseManifest } from '@ebb/cli';
import { type WebhookPurpose, makeWebhookConfiguration } from '@ebb/controller';
import { parseLeaseTiming } from '@ebb/kube';
import { describe, expect, it } from 'vitest';
import { onCluster, openTestApi } from './api.ts';
import { readDeployFile, readDeployment, readPermissions } from './deployment.ts';

const objects = readDeployment().map(({ object }) => object);
const ofKind = (kind: string): KubernetesObject[] => objects.filter((object) => object.kind === kind);
const podSecurity = 'pod-security.kubernetes.io/warn';
const folder = join(import.meta.dirname, '..', 'deploy');

describe('deploy/', () => {
  it('installs every file in it', () => {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.yaml') && file !== 'kustomization.yaml',
    );
    const listed = [...readDeployFile('kustomization.yaml').matchAll(/^ {2}- (\S+\.yaml)$/gm)].map(
      ([, file = '']) => file,
    );
    expect(listed.toSorted()).toEqual(files.map((file) => file.replaceAll('\\', '/')).toSorted());
  });

  it('asks the webhook about what the webhook knows', () => {
    const purposes: WebhookPurpose[] = ['mutating', 'validating', 'configMaps'];
    expect([...ofKind('MutatingWebhookConfiguration'), ...ofKind('ValidatingWebhookConfiguration')]).toEqual(
      purposes.map((purpose) => makeWebhookConfiguration(purpose, { service: 'webhook' })),
    );
  });

  describe.each(ofKind('ConfigMap').filter(({ metadata }) => metadata.name?.startsWith('config-')) as ConfigMap[])(
    '$metadata.name',
    (configMap) => {
      const { name = '' } = configMap.metadata;
      const example = configMap.data?.['_example'] ?? '';
      const lines = parseManifest(
        `{ apiVersion: v1, kind: ConfigMap, metadata: { name: x } }\n---\n${indentUnderData(example)}`,
        `${name}.yaml`,
      )[1]?.object as ConfigMap;

      it('is admitted, so the checksum of its example is right', () => {
        const admission = createAdmission(() => defaultServingConfig);
        const write = { operation: 'CREATE', group: '', version: 'v1', kind: 'ConfigMap', subresource: '' } as const;
        admission.validate({ ...write, object: configMap, userName: 'ann', dryRun: false });
        const data = { ...configMap.data, _example: `${example}x` };
        const edited = { ...write, object: { ...configMap, data }, userName: 'ann', dryRun: false };
        expect(() => admission.validate(edited)).toThrow('the "_example" value has changed');
      });

      it('shows the defaults', () => {
        expect(Object.values(lines.data ?? {}).every((value) => typeof value === 'string')).toBe(true);
        const isDomain = name === 'config-domain';
        const shown = isDomain ? defaultServingConfig : parseServingConfig({ [name]: lines.data ?? {} });
        expect(JSON.stringify(shown)).toBe(JSON.stringify(defaultServingConfig));
        const timing = name === 'config-leader-election' ? lines.data : undefined;
        expect(parseLeaseTiming(timing)).toEqual(parseLeaseTiming());
      });
    },
  );

  it('allows nothing by wildcard, and nobody but the virtual node to read Secrets at large', () => {
    const permissions = readPermissions();
    expect(permissions.filter(({ resource, verb }) => `${resource} ${verb}`.includes('*'))).toEqual([]);
    const secrets = permissions.filter(
      ({ resource, verb, names }) => resource === 'secrets' && verb !== 'create' && names.length === 0,
    );
    expect(secrets.map(({ account, verb }) => `${account} ${verb}`)).toEqual(['virtual-node get']);
    const roles = JSON.stringify(permissions.filter(({ resource }) => resource.startsWith('rbac')));
    expect(roles).toBe('[]');
  });

  it.each(ofKind('Deployment').map((each) => [each.metadata.name ?? '', each as unknown as Deployment]))(
    'runs %s with no more rights than it needs',
    (name, { spec }) => {
      const { metadata, spec: pod } = spec.template;
      const [container] = pod.containers;
      expect(pod).toMatchObject({
        serviceAccountName: name,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      });
      expect(container).toMatchObject({
        args: ['run', `--components=${name}`, '--host=0.0.0.0', ...(name === 'gateway' ? ['--https-port=8443'] : [])],
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        livenessProbe: {},
        readinessProbe: {},
        resources: { requests: {}, limits: {} },
      });
      const budget = ofKind('PodDisruptionBudget').find((each) => each.metadata.name === name);
      expect(budget).toMatchObject({ spec: { maxUnavailable: 1, selector: { matchLabels: { app: name } } } });
      expect(metadata.labels).toMatchObject({ app: name });
    },
  );

  const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;

  // The embedded API has no Deployments.
  it.skipIf(!onCluster || !hasKubectl)('is taken whole by an API server', async () => {
    const api = await openTestApi();
    const home = await mkdtemp(join(tmpdir(), 'ebb-deploy-'));
    try {
      await writeFile(join(home, 'kubeconfig'), api.kubeconfig, { mode: 0o600 });
      const env = { ...process.env, KUBECONFIG: join(home, 'kubeconfig'), HOME: home };
      const kubectl = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
        spawnSync('kubectl', args, { env, encoding: 'utf8', timeout: 60_000 });
      // Pods in it are held to the restricted profile, which would warn here.
      kubectl('label', 'namespace', systemNamespace, `${podSecurity}=restricted`);
      const { status, stdout, stderr } = kubectl('apply', '-k', folder, '--dry-run=server', '--validate=strict');
      kubectl('label', 'namespace', systemNamespace, `${podSecurity}-`);
      const told = stderr.replaceAll(/^Warning: resource .* is missing the .*annotation.*\n/gm, '');
      expect({ status, told }).toEqual({ status: 0, told: '' });
      expect(stdout).toContain('deployment.apps/gateway created (server dry run)');
    } finally {
      await rm(home, { recursive: true, force: true });
      await api[Symbol.asyncDispose]();
    }
  });
});

interface Deployment {
  readonly spec: {
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: { readonly containers: readonly unknown[] };
    };
  };
}

/** An example as the data of an object, for the parser of manifests. */
function indentUnderData(example: string): string {
  const data = example
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: example }\ndata:\n${data}`;
}
