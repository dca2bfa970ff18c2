import { type Socket, connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import type { Pod } from '@ebb/api';
import { type Clock, messageOf } from '@ebb/base';
import type { Eci } from '../eci/eci.ts';
import { partContainers } from '../pods/sidecars.ts';
import { HttpError } from './http-error.ts';
import { type NodePods, findPod } from './pod-lookup.ts';
import { type Forward, serveSpdyForward } from './forward/spdy-forward.ts';
import { parsePorts, serveWebSocketForward } from './forward/websocket-forward.ts';
import { type Upgrade, upgradeKind } from './upgrade.ts';

export interface ForwardOptions extends NodePods {
  readonly eci: Pick<Eci, 'describe'>;
  readonly clock: Clock;
}

/** A call of `/portForward`. */
export interface ForwardCall {
  readonly namespace: string;
  readonly name: string;
  readonly query: URLSearchParams;
}

const connectMs = 10_000;

/** Serves `kubectl port-forward`: each pair of streams is a connection to the pod's address. Rejects with `HttpError`. */
export async function servePortForward(upgrade: Upgrade, call: ForwardCall, options: ForwardOptions): Promise<void> {
  const kind = upgradeKind(upgrade.request);
  const pod = findPod(options, call.namespace, call.name);
  if (!pod) throw new HttpError(404, 'pod does not exist');
  const groupId = options.groupOf(pod);
  const address = pod.status?.podIP;
  if (groupId === undefined || address === undefined || pod.status?.phase !== 'Running') {
    throw new HttpError(500, `pod ${call.namespace}/${call.name} is not running`);
  }
  const portOf = await realPorts(pod, groupId, options.eci);
  const forward: Forward = async (port, data, error) => {
    // A client that leaves takes its streams with it; there is nobody to be told.
    for (const stream of [data, error]) stream.on('error', () => undefined);
    try {
      await join(data, await dial(address, portOf(port)));
      error.end();
    } catch (failure) {
      const { name = '', uid = '' } = pod.metadata;
      error.end(`error forwarding port ${port} to pod ${name}, uid ${uid}: ${messageOf(failure)}`);
      await finished(error).catch(() => undefined); // The client has left.
      data.destroy();
    }
  };
  if (kind === 'spdy') return serveSpdyForward(upgrade, forward, options.clock);
  return serveWebSocketForward(upgrade, { forward, ports: parsePorts(call.query), clock: options.clock });
}

/** The ports really listened on: where containers are processes of one machine, those that are declared are taken by whoever was first. */
async function realPorts(pod: Pod, groupId: string, eci: ForwardOptions['eci']): Promise<(declared: number) => number> {
  const [group] = await eci.describe([groupId]);
  const real = new Map<number, number>();
  for (const { name, ports = [] } of partContainers(pod.spec).together) {
    const told = group?.containers?.find((container) => container.name === name)?.ports ?? [];
    for (const [index, { containerPort }] of ports.entries()) {
      const port = told[index]?.port;
      if (port !== undefined && containerPort !== undefined && !real.has(containerPort)) real.set(containerPort, port);
    }
  }
  return (declared) => real.get(declared) ?? declared;
}

function dial(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, allowHalfOpen: true, timeout: connectMs });
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
    socket.once('timeout', () => socket.destroy(new Error(`${host}:${port} does not answer`)));
  });
}

/** Both ways, each to its end. A connection that breaks off takes the stream with it. */
async function join(data: Duplex, socket: Socket): Promise<void> {
  try {
    await Promise.all([pipeline(data, socket), pipeline(socket, data)]);
  } catch {
    socket.destroy();
    data.destroy();
  }
}
