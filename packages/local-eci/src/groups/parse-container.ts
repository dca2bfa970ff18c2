import {
  type ContainerSpec,
  type EnvironmentVar,
  type ProbeSpec,
  type SecuritySpec,
  type VolumeMountSpec,
  fieldPaths,
  terminationMessagePolicies,
} from '../model.ts';
import { invalidParameter } from '../wire/error.ts';
import type { Parameters } from '../wire/parameters.ts';
import { parseHook } from './parse-hook.ts';
import { present } from './present.ts';
import { requiredPort } from './require-port.ts';

/** Limits of one container (serverless-node.md, section 2.2). */
const maxCommand = 20;
const maxArgs = 10;
const maxEnvironment = 100;
const maxPorts = 100;
const maxMounts = 20;

const wholeSeconds = { min: 0, max: 86_400 };
const userRange = { min: 0, max: 2 ** 31 - 1 };
const addableCapabilities = ['NET_ADMIN', 'NET_RAW'];

/** Reads one item of `Container` or `InitContainer`. Throws `EciError`. */
export function parseContainer(parameters: Parameters): ContainerSpec {
  return {
    name: parseName(parameters),
    image: parameters.required('Image', { maxLength: 1024 }),
    command: parameters.strings('Command', { max: maxCommand, maxLength: 4096 }),
    args: parameters.strings('Arg', { max: maxArgs, maxLength: 4096 }),
    env: parameters.list('EnvironmentVar', { max: maxEnvironment }).map(parseVariable),
    ports: parameters.list('Port', { max: maxPorts }).map(parsePort),
    volumeMounts: parameters.list('VolumeMount', { max: maxMounts }).map(parseMount),
    ...present({
      workingDir: parameters.string('WorkingDir', { maxLength: 1024 }),
      cpu: parameters.number('Cpu', { min: 0, max: 64 }),
      memory: parameters.number('Memory', { min: 0, max: 1024 }),
      imagePullPolicy: parameters.word('ImagePullPolicy', ['Always', 'IfNotPresent', 'Never']),
      stdin: parameters.boolean('Stdin'),
      stdinOnce: parameters.boolean('StdinOnce'),
      tty: parameters.boolean('Tty'),
      livenessProbe: parseProbe(parameters.object('LivenessProbe')),
      readinessProbe: parseProbe(parameters.object('ReadinessProbe')),
      postStart: parseHook(parameters, 'PostStart'),
      preStop: parseHook(parameters, 'PreStop'),
      terminationMessagePath: parameters.string('TerminationMessagePath', { maxLength: 1024 }),
      terminationMessagePolicy: parameters.word('TerminationMessagePolicy', terminationMessagePolicies),
    }),
    security: parseSecurity(parameters),
  };
}

function parseName(parameters: Parameters): string {
  const name = parameters.required('Name');
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) {
    throw invalidParameter(parameters.nameOf('Name'), 'at most 63 of a-z, 0-9 and hyphens, none at an end');
  }
  return name;
}

/** Some of it is an object, some stands beside it. */
function parseSecurity(parameters: Parameters): SecuritySpec {
  const context = parameters.object('SecurityContext');
  const addCapabilities = context?.object('Capability')?.strings('Add', { max: addableCapabilities.length }) ?? [];
  const forbidden = addCapabilities.find((each) => !addableCapabilities.includes(each));
  if (forbidden !== undefined) {
    throw invalidParameter(
      parameters.nameOf('SecurityContext.Capability.Add'),
      `only ${addableCapabilities.join(', ')}`,
    );
  }
  return present({
    runAsUser: context?.integer('RunAsUser', userRange),
    runAsGroup: parameters.integer('SecurityContextRunAsGroup', userRange),
    runAsNonRoot: parameters.boolean('SecurityContextRunAsNonRoot'),
    readOnlyRootFilesystem: context?.boolean('ReadOnlyRootFilesystem'),
    addCapabilities: addCapabilities.length > 0 ? addCapabilities : undefined,
  });
}

function parseVariable(parameters: Parameters): EnvironmentVar {
  const key = parameters.required('Key', { maxLength: 128 });
  if (/[=\0]/.test(key)) throw invalidParameter(parameters.nameOf('Key'), 'it contains = or NUL');
  const value = parameters.string('Value') ?? '';
  if (value.includes('\0')) throw invalidParameter(parameters.nameOf('Value'), 'it contains NUL');
  const fieldPath = parameters.object('FieldRef')?.word('FieldPath', fieldPaths);
  return { key, value, ...present({ fieldPath }) };
}

function parsePort(parameters: Parameters): { port: number; protocol: string } {
  return { port: requiredPort(parameters, 'Port'), protocol: parameters.word('Protocol', ['TCP', 'UDP']) ?? 'TCP' };
}

function parseMount(parameters: Parameters): VolumeMountSpec {
  parameters.word('MountPropagation', ['None', 'HostToContainer', 'Bidirectional']);
  const subPath = parameters.string('SubPath', { maxLength: 1024 });
  if (subPath && (subPath.startsWith('/') || subPath.split('/').includes('..'))) {
    throw invalidParameter(parameters.nameOf('SubPath'), 'must stay below the volume');
  }
  return {
    name: parameters.required('Name'),
    mountPath: parameters.required('MountPath', { maxLength: 1024 }),
    readOnly: parameters.boolean('ReadOnly') ?? false,
    ...present({ subPath }),
  };
}

function parseProbe(parameters: Parameters | undefined): ProbeSpec | undefined {
  const action = parameters && parseAction(parameters);
  if (!action) return undefined;
  return {
    action,
    initialDelaySeconds: parameters.integer('InitialDelaySeconds', wholeSeconds) ?? 0,
    periodSeconds: parameters.integer('PeriodSeconds', { ...wholeSeconds, min: 1 }) ?? 10,
    timeoutSeconds: parameters.integer('TimeoutSeconds', { ...wholeSeconds, min: 1 }) ?? 1,
    successThreshold: parameters.integer('SuccessThreshold', { min: 1, max: 1000 }) ?? 1,
    failureThreshold: parameters.integer('FailureThreshold', { min: 1, max: 100_000 }) ?? 3,
  };
}

function parseAction(parameters: Parameters): ProbeSpec['action'] | undefined {
  const http = parameters.object('HttpGet');
  const tcp = parameters.object('TcpSocket');
  const exec = parameters.object('Exec');
  const given = [http, tcp, exec].filter((each) => each !== undefined);
  if (given.length > 1) throw invalidParameter(parameters.nameOf('HttpGet'), 'a probe has one kind of check');
  if (http) {
    const scheme = http.word('Scheme', ['HTTP', 'HTTPS']) ?? 'HTTP';
    return { kind: 'http', path: http.string('Path') ?? '/', port: requiredPort(http, 'Port'), scheme };
  }
  if (tcp) return { kind: 'tcp', port: requiredPort(tcp, 'Port') };
  return exec && { kind: 'exec', command: exec.strings('Command', { max: maxCommand }) };
}
