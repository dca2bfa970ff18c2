import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Clock } from '@ebb/base';
import type { Eci } from '../eci/eci.ts';
import { HttpError } from './http-error.ts';
import { type LogOptions, parseLogOptions } from './log-options.ts';
import { streamLog } from './log-stream.ts';
import { type NodePods, findPod } from './pod-lookup.ts';

export interface LogsOptions extends NodePods {
  readonly eci: Pick<Eci, 'log' | 'describe'>;
  readonly clock: Clock;
}

/** A call of `/containerLogs`. */
export interface LogCall {
  readonly namespace: string;
  readonly name: string;
  readonly container: string;
  readonly query: URLSearchParams;
}

/** Answers with a container's log, at the client's pace. Rejects with `HttpError` or `InvalidLogOptions`. */
export async function answerLogs(response: ServerResponse, call: LogCall, options: LogsOptions): Promise<void> {
  const { eci, clock } = options;
  const asked = parseLogOptions(call.query);
  const groupId = startedGroup(call, asked, options);
  const left = new AbortController();
  response.on('close', () => left.abort(new DOMException('the client left', 'AbortError')));
  response.setHeader('content-type', 'text/plain');
  // The caller learns at once that there is a log, however long its first line takes.
  if (asked.follow) response.flushHeaders();
  try {
    for await (const text of streamLog({ eci, groupId, container: call.container, clock }, asked, left.signal)) {
      if (!response.write(text)) await once(response, 'drain', { signal: left.signal });
    }
    response.end();
  } catch (error) {
    if (!left.signal.aborted) throw error;
  }
}

/** The group whose log is asked for. Throws `HttpError`, in kubelet's words, if there is no log to show. */
function startedGroup({ namespace, name, container }: LogCall, { previous }: LogOptions, known: NodePods): string {
  const pod = findPod(known, namespace, name);
  if (!pod) throw new HttpError(404, `pod ${JSON.stringify(name)} does not exist`);
  const { spec, status } = pod;
  if (![...spec.containers, ...(spec.initContainers ?? [])].some((each) => each.name === container)) {
    throw new HttpError(404, `container ${JSON.stringify(container)} not found in pod ${JSON.stringify(name)}`);
  }
  const groupId = known.groupOf(pod);
  const statuses = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  const {
    state,
    lastState,
    containerID = container,
    restartCount = 0,
  } = statuses.find((each) => each.name === container) ?? {};
  if (previous && restartCount === 0) {
    throw new HttpError(400, `previous terminated container "${container}" in pod "${name}" not found`);
  }
  if (!groupId && state?.terminated) {
    throw new HttpError(
      400,
      `unable to retrieve container logs for ${containerID}: they went with its container group`,
    );
  }
  const reason = groupId ? state?.waiting?.reason : undefined;
  if (!groupId || (reason && !lastState?.terminated && neverRan.has(reason))) {
    const said = reason ?? 'ContainerCreating';
    throw new HttpError(
      400,
      `container "${container}" in pod "${name}" is waiting to start: ${words.get(said) ?? said}`,
    );
  }
  return groupId;
}

/** The status may lag behind a start by a moment: only these say for certain that there is nothing to read. */
const neverRan: ReadonlySet<string> = new Set([
  'ContainerCreating',
  'CreateContainerConfigError',
  'ErrImageNeverPull',
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'PodInitializing',
]);

/** What a kubelet says in other words than its reason. */
const words: ReadonlyMap<string, string> = new Map([
  ['ErrImagePull', "image can't be pulled"],
  ['ImagePullBackOff', 'trying and failing to pull image'],
]);
