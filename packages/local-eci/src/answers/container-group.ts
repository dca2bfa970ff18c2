import type { Group } from '../groups/group.ts';
import type { ContainerSpec, ContainerState, ContainerStatus, GroupSpec, ProbeSpec } from '../model.ts';
import { localVpc } from '../placement/zones.ts';
import { eciTime } from './time.ts';

/** One item of the answer to `DescribeContainerGroups`. */
export function containerGroupAnswer(group: Group, { withEvents }: { readonly withEvents: boolean }): object {
  const { spec, state, placement } = group;
  return {
    ContainerGroupId: group.id,
    ContainerGroupName: spec.name,
    RegionId: spec.regionId,
    Status: group.status,
    CreationTime: eciTime(group.createdAtMs),
    Cpu: placement.size.cpu,
    Memory: placement.size.memory,
    EphemeralStorage: spec.ephemeralStorage ?? 0,
    RestartPolicy: spec.restartPolicy,
    MaxPendingMinute: spec.maxPendingMinutes,
    ...spec.labels,
    ...placementAnswer(group),
    ...namesAnswer(spec),
    ...(state.ip === undefined ? {} : { IntranetIp: state.ip, EniInstanceId: group.id.replace('eci', 'eni') }),
    ...endAnswer(group),
    Tags: spec.tags.map(({ key, value }) => ({ Key: key, Value: value })),
    Events: (withEvents ? group.events : []).map((event) => ({
      Count: event.count,
      Type: event.type,
      Name: `${spec.name}.${group.id}`,
      Reason: event.reason,
      Message: event.message,
      FirstTimestamp: eciTime(event.firstAtMs),
      LastTimestamp: eciTime(event.lastAtMs),
    })),
    InitContainers: spec.initContainers.map((each) => initContainerAnswer(each, statusOf(state.initContainers, each))),
    Containers: spec.containers.map((each) => containerAnswer(each, statusOf(state.containers, each))),
    Volumes: spec.volumes.map(({ name, type, files }) => ({
      Name: name,
      Type: type,
      ConfigFileVolumeConfigFileToPaths: files.map(({ path, content }) => ({ Path: path, Content: content })),
    })),
  };
}

function placementAnswer({ placement, spec }: Group): object {
  const { zoneId, vSwitchId, instanceType, computeCategory, spotShare } = placement;
  return {
    ZoneId: zoneId,
    ...(vSwitchId === undefined ? {} : { VSwitchId: vSwitchId, VpcId: localVpc }),
    ...(instanceType === undefined ? {} : { InstanceType: instanceType }),
    ...(computeCategory === undefined ? {} : { ComputeCategory: computeCategory }),
    SpotStrategy: spec.spot?.strategy ?? 'NoSpot',
    ...(spec.spot?.priceLimit === undefined ? {} : { SpotPriceLimit: spec.spot.priceLimit }),
    ...(spotShare === undefined ? {} : { Discount: Math.round(spotShare * 100) }),
  };
}

function namesAnswer({ hostAliases = [], dns, sysctls = [] }: GroupSpec): object {
  const pair = ({ name, value }: { readonly name: string; readonly value: string }): object => ({
    Name: name,
    Value: value,
  });
  return {
    HostAliases: hostAliases.map(({ ip, hostNames }) => ({ Ip: ip, Hostnames: hostNames })),
    ...(dns
      ? {
          DnsPolicy: dns.policy,
          DnsConfig: { NameServers: dns.nameServers, Searches: dns.searches, Options: dns.options.map(pair) },
        }
      : {}),
    ...(sysctls.length > 0 ? { EciSecurityContext: { Sysctls: sysctls.map(pair) } } : {}),
  };
}

const endTimes: Readonly<Record<string, string>> = {
  Succeeded: 'SucceededTime',
  Failed: 'FailedTime',
  Expired: 'ExpiredTime',
};

function endAnswer({ state }: Group): object {
  const name = endTimes[state.phase];
  return state.finishedAtMs === undefined || name === undefined ? {} : { [name]: eciTime(state.finishedAtMs) };
}

/** A container that has no status yet waits for its instance. */
export function statusOf(statuses: readonly ContainerStatus[], { name, ports }: ContainerSpec): ContainerStatus {
  return (
    statuses.find((status) => status.name === name) ?? {
      name,
      ready: false,
      restartCount: 0,
      current: { state: 'Waiting', reason: 'ContainerCreating', message: '' },
      ports: ports.map(({ port }) => port),
    }
  );
}

function initContainerAnswer(spec: ContainerSpec, status: ContainerStatus): object {
  return { ...commonAnswer(spec, status), Command: spec.command, Args: spec.args };
}

function containerAnswer(spec: ContainerSpec, status: ContainerStatus): object {
  return {
    ...commonAnswer(spec, status),
    Commands: spec.command,
    Stdin: spec.stdin ?? false,
    StdinOnce: spec.stdinOnce ?? false,
    Tty: spec.tty ?? false,
    Args: spec.args,
    ...(spec.livenessProbe ? { LivenessProbe: probeAnswer(spec.livenessProbe) } : {}),
    ...(spec.readinessProbe ? { ReadinessProbe: probeAnswer(spec.readinessProbe) } : {}),
  };
}

function commonAnswer(spec: ContainerSpec, status: ContainerStatus): object {
  return {
    Name: spec.name,
    Image: spec.image,
    ImagePullPolicy: spec.imagePullPolicy ?? 'IfNotPresent',
    Cpu: spec.cpu ?? 0,
    Memory: spec.memory ?? 0,
    ...(spec.workingDir === undefined ? {} : { WorkingDir: spec.workingDir }),
    EnvironmentVars: spec.env.map(({ key, value, fieldPath }) => ({
      Key: key,
      ...(fieldPath === undefined ? { Value: value } : { ValueFrom: { FieldRef: { FieldPath: fieldPath } } }),
    })),
    Ports: spec.ports.map(({ port, protocol }, index) => ({ Port: status.ports[index] ?? port, Protocol: protocol })),
    VolumeMounts: spec.volumeMounts.map(({ name, mountPath, subPath, readOnly }) => ({
      Name: name,
      MountPath: mountPath,
      ReadOnly: readOnly,
      ...(subPath === undefined ? {} : { SubPath: subPath }),
    })),
    Ready: status.ready,
    RestartCount: status.restartCount,
    CurrentState: stateAnswer(status.current),
    ...(status.previous ? { PreviousState: stateAnswer(status.previous) } : {}),
  };
}

function stateAnswer(state: ContainerState): object {
  switch (state.state) {
    case 'Waiting':
      return { State: 'Waiting', DetailStatus: '', Reason: state.reason, Message: state.message };
    case 'Running':
      return { State: 'Running', DetailStatus: '', StartTime: eciTime(state.startedAtMs) };
    case 'Terminated':
      return {
        State: 'Terminated',
        DetailStatus: '',
        ExitCode: state.exitCode,
        ...(state.signal === undefined ? {} : { Signal: state.signal }),
        Reason: state.reason,
        Message: state.message,
        StartTime: eciTime(state.startedAtMs),
        FinishTime: eciTime(state.finishedAtMs),
      };
  }
}

function probeAnswer({ action, ...timing }: ProbeSpec): object {
  return {
    InitialDelaySeconds: timing.initialDelaySeconds,
    PeriodSeconds: timing.periodSeconds,
    TimeoutSeconds: timing.timeoutSeconds,
    SuccessThreshold: timing.successThreshold,
    FailureThreshold: timing.failureThreshold,
    ...(action.kind === 'http' ? { HttpGet: { Path: action.path, Port: action.port, Scheme: action.scheme } } : {}),
    ...(action.kind === 'tcp' ? { TcpSocket: { Port: action.port } } : {}),
    ...(action.kind === 'exec' ? { Execs: action.command } : {}),
  };
}
