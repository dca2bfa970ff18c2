import { type Ingress, ingressClass, keys } from '@ebb/api';
import { buildTable, route, updateTable } from '@ebb/router';
import { bench, do_not_optimize, group, summary } from 'mitata';

/** A Service as the controller publishes it: two revisions, 80 and 20 per cent, public and cluster-local hosts. */
function ingress(i: number): Ingress {
  const name = `shop-${i}`;
  const split = (revision: string, percent: number): object => ({
    serviceNamespace: 'default',
    serviceName: revision,
    servicePort: 80,
    percent,
    appendHeaders: { 'Knative-Serving-Revision': revision, 'Knative-Serving-Namespace': 'default' },
  });
  const paths = [{ splits: [split(`${name}-00001`, 80), split(`${name}-00002`, 20)] }];
  const rules = [
    {
      hosts: [name, `${name}.default.svc`, `${name}.default.svc.cluster.local`],
      visibility: 'ClusterLocal',
      http: { paths },
    },
    { hosts: [`${name}.default.localhost`], visibility: 'ExternalIP', http: { paths } },
  ];
  const metadata = { name, namespace: 'default', uid: name, annotations: { [keys.ingressClass]: ingressClass } };
  return { metadata, spec: { rules } } as unknown as Ingress;
}

/** Lookup and weighted choice must cost the same with 1 host and with 10,000; so must the change of one Ingress. */
export function routerBenches(): void {
  group('router: from host and path to a revision', () => {
    summary(() => {
      for (const count of [1, 10_000]) {
        const table = buildTable(Array.from({ length: count }, (_, i) => ingress(i)));
        const hosts = Array.from(
          { length: Math.min(count, 64) },
          (_, i) => `shop-${Math.floor((i * count) / 64) % count}.default.localhost:8080`,
        );
        let next = 0;
        bench(`lookup, ${count.toLocaleString('en')} host${count > 1 ? 's' : ''}`, () => {
          const host = hosts[next++ % hosts.length] ?? '';
          do_not_optimize(route(table, { host, path: '/cart?id=1', listener: 'public', header: () => undefined }));
        });
      }
    });
  });
  group('router: one Ingress changes', () => {
    summary(() => {
      for (const count of [1, 10_000]) {
        let table = buildTable(Array.from({ length: count }, (_, i) => ingress(i)));
        const changed = ingress(0);
        bench(`update, ${count.toLocaleString('en')} host${count > 1 ? 's' : ''}`, () => {
          table = updateTable(table, 'default/shop-0', changed).table;
        });
      }
    });
  });
}
