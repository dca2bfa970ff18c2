import { type CoreService, type KubeClient, type Pod, StatusError, resources } from '@ebb/api';
import type { Clock } from '@ebb/base';

/** A variable of a container's environment. */
interface Variable {
  readonly key: string;
  readonly value: string;
}

/** The variables by which a pod's containers find Services. */
export type ServiceVariablesOf = (pod: Pod, signal: AbortSignal) => Promise<readonly Variable[]>;

/** How long Services are taken to be as they were: the next pod of a burst need not ask. */
const rememberedMs = 10_000;

/**
 * As a kubelet sets them (serverless-node.md, section 1.4): of the API server's own Service always, of those of the pod's namespace
 * unless it wants no links.
 */
export function createServiceVariables(client: Pick<KubeClient, 'get' | 'list'>, clock: Clock): ServiceVariablesOf {
  const known = new Map<string, { readonly untilMs: number; readonly found: Promise<readonly CoreService[]> }>();
  const remember = (key: string, ask: () => Promise<readonly CoreService[]>): Promise<readonly CoreService[]> => {
    const before = known.get(key);
    if (before && clock.now() < before.untilMs) return before.found;
    const found = ask();
    known.set(key, { untilMs: clock.now() + rememberedMs, found });
    found.catch(() => known.delete(key));
    return found;
  };
  const apiServer = (): Promise<readonly CoreService[]> =>
    orNone(client.get(resources.coreServices, { namespace: 'default', name: 'kubernetes' }).then((one) => [one]));
  return async ({ metadata, spec }, signal) => {
    const { namespace = '' } = metadata;
    const { enableServiceLinks = true } = spec as { readonly enableServiceLinks?: boolean };
    const own = enableServiceLinks
      ? remember(namespace, () => orNone(client.list(resources.coreServices, { namespace }).then(({ items }) => items)))
      : Promise.resolve([]);
    const [first, others] = await Promise.all([remember('', apiServer), own]);
    signal.throwIfAborted();
    const seen = new Set(first.map(({ metadata: { uid } }) => uid));
    return [...first, ...others.filter(({ metadata: { uid } }) => !seen.has(uid))].flatMap(variablesOf);
  };
}

/** Who may not know of Services does without. */
function orNone(call: Promise<readonly CoreService[]>): Promise<readonly CoreService[]> {
  return call.catch((error: unknown) => {
    if (error instanceof StatusError && (error.code === 404 || error.code === 403)) return [];
    throw error;
  });
}

/** `HELLO_SERVICE_HOST`, `HELLO_SERVICE_PORT` and the older `HELLO_PORT_80_TCP…`; nothing of a Service without an address. */
export function variablesOf({ metadata, spec }: CoreService): Variable[] {
  const { clusterIP = '', ports = [] } = spec ?? {};
  const [first] = ports;
  if (!first || clusterIP === '' || clusterIP === 'None') return [];
  const prefix = upper(metadata.name ?? '');
  const url = (port: number, protocol: string): string => `${protocol.toLowerCase()}://${clusterIP}:${port}`;
  return [
    { key: `${prefix}_SERVICE_HOST`, value: clusterIP },
    { key: `${prefix}_SERVICE_PORT`, value: String(first.port) },
    ...ports.flatMap(({ name, port }) =>
      name ? [{ key: `${prefix}_SERVICE_PORT_${upper(name)}`, value: String(port) }] : [],
    ),
    { key: `${prefix}_PORT`, value: url(first.port, first.protocol ?? 'TCP') },
    ...ports.flatMap(({ port, protocol = 'TCP' }) => {
      const link = `${prefix}_PORT_${port}_${protocol}`;
      return [
        { key: link, value: url(port, protocol) },
        { key: `${link}_PROTO`, value: protocol.toLowerCase() },
        { key: `${link}_PORT`, value: String(port) },
        { key: `${link}_ADDR`, value: clusterIP },
      ];
    }),
  ];
}

const upper = (name: string): string => name.toUpperCase().replaceAll(/[-.]/g, '_');
