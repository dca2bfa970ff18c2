import { type Ingress, type IngressRule, type IngressSpec, ingressClass, keys } from '@ebb/api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RouteRequest, RouteResult } from './route.ts';
import { type RoutingTable, buildTable, conflictsOf, route, updateTable } from './table.ts';

interface Sketch {
  readonly name?: string;
  readonly createdAt?: string;
  readonly class?: string;
  readonly spec: IngressSpec;
}

const ingress = ({
  name = 'one',
  createdAt = '2026-01-01T00:00:00Z',
  class: c = ingressClass,
  spec,
}: Sketch): Ingress => ({
  metadata: { namespace: 'default', name, creationTimestamp: createdAt, annotations: { [keys.ingressClass]: c } },
  spec,
});

const split = (serviceName: string, percent = 100, appendHeaders = {}) => ({
  serviceNamespace: 'default',
  serviceName,
  servicePort: 80,
  percent,
  appendHeaders,
});

const rule = (hosts: string[], service: string, more: Partial<IngressRule> = {}): IngressRule => ({
  hosts,
  http: { paths: [{ splits: [split(service)] }] },
  ...more,
});

const ask = (
  table: RoutingTable,
  host: string,
  more: Partial<RouteRequest> & { headers?: Record<string, string> } = {},
) => route(table, { host, path: '/', listener: 'public', header: (name) => more.headers?.[name], ...more });

const serviceOf = (result: RouteResult): string => (result.kind === 'forward' ? result.revision.name : result.kind);

describe('route', () => {
  it('finds a host whatever its case, port and trailing dot', () => {
    const table = buildTable([ingress({ spec: { rules: [rule(['Hello.example.com'], 'hello')] } })]);
    for (const host of ['hello.example.com', 'HELLO.example.com:81', 'hello.example.com.'])
      expect(serviceOf(ask(table, host))).toBe('hello');
    expect(serviceOf(ask(table, 'other.example.com'))).toBe('notFound');
    expect(serviceOf(ask(table, ''))).toBe('notFound');
  });

  it('shows local hosts, in their three forms, to the private listener only', () => {
    const local = rule(['a.b.svc.cluster.local'], 'a', { visibility: 'ClusterLocal' });
    const table = buildTable([ingress({ spec: { rules: [local, rule(['a.example.com'], 'a')] } })]);
    for (const host of ['a.b', 'a.b.svc', 'a.b.svc.cluster.local']) {
      expect(serviceOf(ask(table, host))).toBe('notFound');
      expect(serviceOf(ask(table, host, { listener: 'private' }))).toBe('a');
    }
    expect(serviceOf(ask(table, 'a.example.com', { listener: 'private' }))).toBe('a');
  });

  it('takes the longest prefix, as a plain string, and the listed order among equals', () => {
    const paths = [
      { path: '/foo', splits: [split('foo')] },
      { path: '/foo/bar', splits: [split('bar')] },
      { path: '/foo', splits: [split('never')] },
      { splits: [split('rest')] },
    ];
    const table = buildTable([ingress({ spec: { rules: [{ hosts: ['h'], http: { paths } }] } })]);
    const at = (path: string): string => serviceOf(ask(table, 'h', { path }));
    expect(['/foo', '/foobar', '/foo/bar/x', '/asdf', '/foo?x=1'].map(at)).toEqual([
      'foo',
      'foo',
      'bar',
      'rest',
      'foo',
    ]);
  });

  it('falls through where a header differs', () => {
    const paths = [
      { headers: { 'Knative-Serving-Tag': { exact: 'blue' } }, splits: [split('blue')] },
      { splits: [split('rest')] },
    ];
    const table = buildTable([ingress({ spec: { rules: [{ hosts: ['h'], http: { paths } }] } })]);
    const tagged = (tag: string): string => serviceOf(ask(table, 'h', { headers: { 'knative-serving-tag': tag } }));
    expect([tagged('blue'), tagged('Blue'), tagged(''), serviceOf(ask(table, 'h'))]).toEqual([
      'blue',
      'rest',
      'rest',
      'rest',
    ]);
  });

  it('lets the headers of a split win over those of the path, and keeps the inner ones for itself', () => {
    const inner = { 'Knative-Serving-Revision': 'r-1', 'Knative-Serving-Namespace': 'ns' };
    const paths = [{ appendHeaders: { Foo: 'path', Bar: '1' }, splits: [split('s', 100, { foo: 'split', ...inner })] }];
    const result = ask(buildTable([ingress({ spec: { rules: [{ hosts: ['h'], http: { paths } }] } })]), 'h');
    expect(result).toMatchObject({ revisionKey: 'ns/r-1', setHeaders: ['foo', 'split', 'Bar', '1'] });
  });

  it('brings clients back to the revision they had, as long as that has a share', () => {
    const splits = [split('a', 50), split('b', 50), split('gone', 0)];
    const table = buildTable([ingress({ spec: { rules: [{ hosts: ['h'], http: { paths: [{ splits }] } }] } })]);
    const servedTo = (had?: string): Set<string> => {
      const returnsTo = had === undefined ? undefined : (key: string) => key === `default/${had}:80`;
      return new Set(Array.from({ length: 20 }, () => serviceOf(ask(table, 'h', { returnsTo }))));
    };
    expect([...servedTo('a')]).toEqual(['a']);
    expect([...servedTo('b')]).toEqual(['b']);
    for (const had of [undefined, 'gone', 'other']) expect([...servedTo(had)].sort()).toEqual(['a', 'b']);
  });

  it('redirects to https on the public listener only', () => {
    const ingresses = [ingress({ spec: { httpOption: 'Redirected', rules: [rule(['h.example.com'], 'h')] } })];
    const table = buildTable(ingresses);
    expect(ask(table, 'H.example.com:8080', { path: '/a?b=c' })).toMatchObject({
      location: 'https://h.example.com/a?b=c',
    });
    expect(serviceOf(ask(table, 'h.example.com', { listener: 'private' }))).toBe('h');
    expect(serviceOf(ask(table, 'h.example.com', { secure: true }))).toBe('h');
    const elsewhere = buildTable([...ingresses], { httpsPort: 8443 });
    expect(ask(elsewhere, 'h.example.com')).toMatchObject({ location: 'https://h.example.com:8443/' });
    expect(serviceOf(ask(table, 'h.example.com', { path: '/.well-known/acme-challenge/token' }))).toBe('h');
  });

  it('tells which hosts show which certificate', () => {
    const tls = [{ hosts: ['h.example.com'], secretName: 's' }, { secretName: 't', secretNamespace: 'other' }, {}];
    const table = buildTable([ingress({ spec: { tls } })]);
    const [compiled] = [...table.ingresses.values()];
    expect(compiled?.tls).toEqual([
      { hosts: ['h.example.com'], secret: 'default/s' },
      { hosts: [], secret: 'other/t' },
    ]);
  });

  it('lets a rule without hosts match any', () => {
    const table = buildTable([ingress({ spec: { rules: [rule([], 'any'), rule(['h'], 'h')] } })]);
    expect([serviceOf(ask(table, 'h')), serviceOf(ask(table, 'x'))]).toEqual(['h', 'any']);
  });

  it('is not upset by an Ingress without sense', () => {
    const rules = [
      {},
      { hosts: ['h'] },
      { hosts: ['h'], http: { paths: [{ splits: [] }, { splits: [split('a', 0), split('b', 0)] }] } },
    ];
    expect(serviceOf(ask(buildTable([ingress({ spec: { rules } }), ingress({ name: 'x', spec: {} })]), 'h'))).toBe(
      'notFound',
    );
  });

  it('agrees with reading the rules one by one', () => {
    const prefix = fc.constantFrom(undefined, '/', '/a', '/a/b', '/b');
    const path = fc.record({
      path: prefix,
      service: fc.constantFrom('p', 'q', 'r'),
      tag: fc.constantFrom(undefined, 'x', 'y'),
    });
    const aRule = fc.record({
      host: fc.constantFrom('h1', 'h2'),
      local: fc.boolean(),
      paths: fc.array(path, { minLength: 1, maxLength: 4 }),
    });
    const request = fc.record({
      host: fc.constantFrom('h1', 'H2:80', 'h3'),
      path: fc.constantFrom('/', '/a', '/ab', '/a/b/c', '/b'),
      listener: fc.constantFrom('public' as const, 'private' as const),
      tag: fc.constantFrom(undefined, 'x', 'y'),
    });
    fc.assert(
      fc.property(fc.array(aRule, { maxLength: 5 }), request, (rules, asked) => {
        const spec: IngressSpec = {
          rules: rules.map(({ host, local, paths }) => ({
            hosts: [host],
            visibility: local ? 'ClusterLocal' : 'ExternalIP',
            http: {
              paths: paths.map(({ path: p, service, tag }) => ({
                ...(p === undefined ? {} : { path: p }),
                ...(tag === undefined ? {} : { headers: { Tag: { exact: tag } } }),
                splits: [split(service)],
              })),
            },
          })),
        };
        const expected = rules
          .filter(
            ({ host, local }) =>
              host === asked.host.toLowerCase().split(':')[0] && (!local || asked.listener === 'private'),
          )
          .flatMap(({ paths }) => paths)
          .filter((p) => asked.path.startsWith(p.path ?? '/') && (p.tag === undefined || p.tag === asked.tag))
          .reduce<{ path: string; service: string } | undefined>(
            (best, p) => (best && best.path.length >= (p.path ?? '/').length ? best : { ...p, path: p.path ?? '/' }),
            undefined,
          );
        const result = route(buildTable([ingress({ spec })]), { ...asked, header: () => asked.tag });
        expect(serviceOf(result)).toBe(expected?.service ?? 'notFound');
      }),
    );
  });
});

describe('updateTable', () => {
  const other = (name: string, createdAt: string, host = 'shared'): Ingress =>
    ingress({ name, createdAt, spec: { rules: [rule([host], name)] } });

  it('leaves Ingresses of other classes alone', () => {
    for (const c of ['', 'kourier.ingress.networking.knative.dev'])
      expect(buildTable([ingress({ class: c, spec: { rules: [rule(['h'], 'h')] } })]).ingresses.size).toBe(0);
  });

  it('gives a host to the older Ingress, and to the younger once that is gone', () => {
    const young = other('young', '2026-02-02T00:00:00Z');
    const old = other('old', '2026-01-01T00:00:00Z');
    let { table, affected } = updateTable(buildTable([young]), 'default/old', old);
    expect(affected).toEqual(['default/young']);
    expect(serviceOf(ask(table, 'shared'))).toBe('old');
    expect([...conflictsOf(table, 'default/young')]).toEqual([['shared', 'default/old']]);
    expect(conflictsOf(table, 'default/old').size).toBe(0);
    ({ table } = updateTable(table, 'default/old', undefined));
    expect(serviceOf(ask(table, 'shared'))).toBe('young');
    expect(conflictsOf(table, 'default/young').size).toBe(0);
  });

  it('leaves the table it came from as it was', () => {
    const before = buildTable([other('a', '', 'a.example')]);
    const { table: after } = updateTable(before, 'default/a', other('a', '', 'b.example'));
    expect([serviceOf(ask(before, 'a.example')), serviceOf(ask(before, 'b.example'))]).toEqual(['a', 'notFound']);
    expect([serviceOf(ask(after, 'a.example')), serviceOf(ask(after, 'b.example'))]).toEqual(['notFound', 'a']);
  });

  it('goes on with a split that did not change, and starts one that did afresh', () => {
    const shared = (header: string, percent: number): Ingress =>
      ingress({
        spec: {
          rules: [
            {
              hosts: ['h'],
              http: {
                paths: [{ appendHeaders: { header }, splits: [split('a', percent), split('b', 100 - percent)] }],
              },
            },
          ],
        },
      });
    let table = buildTable([shared('0', 80)]);
    let b = 0;
    for (let i = 1; i <= 1000; i++) {
      if (serviceOf(ask(table, 'h')) === 'b') b++;
      ({ table } = updateTable(table, 'default/one', shared(String(i), 80)));
    }
    expect(b).toBe(200);
    ({ table } = updateTable(table, 'default/one', shared('x', 100)));
    for (let i = 0; i < 100; i++) expect(serviceOf(ask(table, 'h'))).toBe('a');
  });

  it('holds ten thousand Ingresses, each of which is quickly changed', () => {
    const many = Array.from({ length: 10_000 }, (_, i) => other(`s${i}`, '', `s${i}.default.example.com`));
    let table = buildTable(many);
    expect(table.ingresses.size).toBe(10_000);
    for (let i = 0; i < 200; i++) ({ table } = updateTable(table, `default/s${i}`, undefined));
    expect(table.ingresses.size).toBe(9800);
    expect(serviceOf(ask(table, 's9999.default.example.com'))).toBe('s9999');
    expect(serviceOf(ask(table, 's0.default.example.com'))).toBe('notFound');
  });
});

describe('a mapped domain', () => {
  const mapping = (target: string): Ingress =>
    ingress({
      name: 'mapping',
      spec: {
        rules: [
          {
            hosts: ['www.example.com'],
            http: {
              paths: [
                {
                  rewriteHost: `${target}.default.svc.cluster.local`,
                  appendHeaders: { 'K-Original-Host': 'www.example.com', 'X-Via': 'mapping', 'X-Both': 'outer' },
                  splits: [split(target)],
                },
              ],
            },
          },
        ],
      },
    });
  const inner = ingress({
    name: 'hello',
    spec: {
      httpOption: 'Redirected',
      rules: [
        {
          hosts: ['hello.default.svc.cluster.local'],
          visibility: 'ClusterLocal',
          http: {
            paths: [
              { headers: { Tag: { exact: 'blue' } }, splits: [split('hello-blue')] },
              { appendHeaders: { 'x-both': 'inner' }, splits: [split('hello-1', 50), split('hello-2', 50)] },
            ],
          },
        },
      ],
    },
  });
  const table = buildTable([mapping('hello'), inner]);

  it('is served by what serves the host it stands for, under its own name', () => {
    const result = ask(table, 'www.example.com:8080');
    expect(result).toMatchObject({
      kind: 'forward',
      rewriteHost: undefined,
      setHeaders: ['X-Via', 'mapping', 'x-both', 'inner'],
    });
    const served = Array.from({ length: 10 }, () => serviceOf(ask(table, 'www.example.com')));
    expect(new Set(served)).toEqual(new Set(['hello-1', 'hello-2']));
    expect(serviceOf(ask(table, 'www.example.com', { headers: { tag: 'blue' } }))).toBe('hello-blue');
  });

  it('shows its own version to a probe', () => {
    const result = ask(table, 'www.example.com');
    expect(result.kind === 'forward' && result.ingress.key).toBe('default/mapping');
  });

  it('goes where its Ingress says as long as nothing serves that host', () => {
    const result = ask(buildTable([mapping('other'), inner]), 'www.example.com');
    expect(serviceOf(result)).toBe('other');
    expect(result).toMatchObject({ rewriteHost: 'other.default.svc.cluster.local' });
  });
});
