import { ingressClass, keys, parseServingConfig } from '@ebb/api';
import { describe, expect, it } from 'vitest';
import { routeOf } from '../../../test/objects.ts';
import { groupTargets } from '../groups.ts';
import { addressOf } from '../hosts.ts';
import { makeRollout } from '../rollout/rollout.ts';
import type { ResolvedTarget } from '../traffic.ts';
import { type IngressOptions, makeIngress } from './ingress.ts';

const config = parseServingConfig({ 'config-domain': { localhost: '' } });
const route = routeOf([], { annotations: { [keys.lastApplied]: '{}', mine: 'kept' }, labels: { app: 'hello' } });
const target = (
  revisionName: string,
  percent: number,
  tag: string,
  protocol: 'http1' | 'h2c' = 'http1',
): ResolvedTarget => ({
  tag,
  revisionName,
  configurationName: 'hello',
  percent,
  latestRevision: false,
  protocol,
});

function options(targets: readonly ResolvedTarget[], tagHeaders = false): IngressOptions {
  const rollout = makeRollout(targets);
  const protocolOf = (): 'http1' => 'http1';
  const groups = groupTargets({ targets, rollout, protocolOf }).map((group) => ({
    ...group,
    address: addressOf(route, { tag: group.tag, hidden: group.tag === 'secret' }, config),
  }));
  return { route, groups, network: config.network, tagHeaders, rollout };
}

const split = (serviceName: string, percent: number, servicePort = 80): object => ({
  serviceNamespace: 'default',
  serviceName,
  servicePort,
  percent,
  appendHeaders: { 'Knative-Serving-Revision': serviceName, 'Knative-Serving-Namespace': 'default' },
});

describe('the Ingress of a Route', () => {
  it('has a local and a public rule a group, without what gets nothing', () => {
    const { spec } = makeIngress(options([target('a', 100, ''), target('b', 0, 'secret', 'h2c')]));
    const paths = [{ splits: [split('a', 100)] }];
    const forms = (name: string): string[] => [
      `${name}.default`,
      `${name}.default.svc`,
      `${name}.default.svc.cluster.local`,
    ];
    expect(spec).toEqual({
      httpOption: 'Enabled',
      rules: [
        { hosts: forms('hello'), visibility: 'ClusterLocal', http: { paths } },
        { hosts: ['hello.default.localhost'], visibility: 'ExternalIP', http: { paths } },
        {
          hosts: forms('secret-hello'),
          visibility: 'ClusterLocal',
          http: { paths: [{ splits: [split('b', 100, 81)] }] },
        },
      ],
    });
  });

  it('carries the labels and annotations of its Route, its class, its rollout and the hosts of tags', () => {
    const { metadata } = makeIngress(options([target('a', 100, 'v1')]));
    expect(metadata.labels).toEqual({ app: 'hello', [keys.route]: 'hello', [keys.routeNamespace]: 'default' });
    expect(metadata.annotations).toEqual({
      mine: 'kept',
      [keys.ingressClass]: ingressClass,
      [keys.rollout]: '{"configurations":[]}',
      [keys.tagToHost]:
        '{"v1":["v1-hello.default","v1-hello.default.svc","v1-hello.default.svc.cluster.local","v1-hello.default.localhost"]}',
    });
    expect(metadata.ownerReferences).toMatchObject([{ kind: 'Route', name: 'hello', controller: true }]);
  });

  it('lets a header choose a tag where that is switched on', () => {
    const { spec } = makeIngress(options([target('a', 100, ''), target('b', 0, 'v1')], true));
    const publicPaths = spec.rules
      ?.filter(({ visibility }) => visibility === 'ExternalIP')
      .map(({ http }) => http?.paths);
    expect(publicPaths).toEqual([
      [
        { headers: { 'Knative-Serving-Tag': { exact: 'v1' } }, splits: [split('b', 100)] },
        { splits: [split('a', 100)], appendHeaders: { 'Knative-Serving-Default-Route': 'true' } },
      ],
      [{ splits: [split('b', 100)], appendHeaders: { 'Knative-Serving-Tag': 'v1' } }],
    ]);
  });
});
