import { servingCrds } from '@ebb/api';
import { describe, expect, it } from 'vitest';
import { makeWebhookConfiguration, purposes, trusts, withClientConfig } from './configurations.ts';

const address = { url: 'https://127.0.0.1:8443' };
const bundle = '-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n';

describe('the webhook configurations', () => {
  it('cover every kind of Knative’s but those without rules', () => {
    const { webhooks = [] } = makeWebhookConfiguration('validating', { service: 'webhook' });
    const covered = webhooks.flatMap(({ rules = [] }) =>
      rules.flatMap(({ apiGroups: [group], apiVersions: [version], resources }) =>
        resources.map((plural) => `${plural}.${group}/${version}`),
      ),
    );
    const kinds = servingCrds().map(({ spec }) => `${spec.names.plural}.${spec.group}/${spec.versions[0]?.name}`);
    const ruleless = [
      'clusterdomainclaims.networking.internal.knative.dev/v1alpha1',
      'images.caching.internal.knative.dev/v1alpha1',
    ];
    expect(covered.toSorted()).toEqual(kinds.filter((kind) => !ruleless.includes(kind)).toSorted());
  });

  it.each(purposes)('say where to call and whom to trust, and leave webhooks of others alone: %s', (purpose) => {
    const other = {
      name: 'other.example.com',
      clientConfig: {},
      sideEffects: 'None' as const,
      admissionReviewVersions: ['v1'],
    };
    const made = makeWebhookConfiguration(purpose, { service: 'webhook' });
    const shared = { ...made, webhooks: [other, ...(made.webhooks ?? [])] };
    expect(trusts(shared, purpose, bundle)).toBe(false);
    const told = withClientConfig(shared, purpose, { address, bundle });
    expect(trusts(told, purpose, bundle)).toBe(true);
    expect(told.webhooks?.[0]).toBe(other);
    expect(told.webhooks?.[1]?.clientConfig).toEqual({
      url: expect.stringMatching(/^https:\/\/127\.0\.0\.1:8443\/[a-z-]+$/),
      caBundle: Buffer.from(bundle).toString('base64'),
    });
  });
});
