import type * as sdkModule from '@alicloud/eci20180808';
import * as openApi from '@alicloud/openapi-client';
import { ExtendsParameters, RuntimeOptions } from '@alicloud/tea-util';
import { systemClock } from '@ebb/base';
import type { EciAccess } from './access.ts';
import { type ActionName, CallGate } from './call-gate.ts';
import { clientCredentials } from './credentials.ts';
import { DirectClient, sdk } from './direct-client.ts';
import { type EciError, badAnswer } from './error.ts';
import { type EciInside, createInside } from './inside.ts';
import { type Page, itemsOf, readPages } from './pages.ts';
import { findZones } from './zones.ts';

export type ContainerGroup = sdkModule.DescribeContainerGroupsResponseBodyContainerGroups;
export type GroupContainer = sdkModule.DescribeContainerGroupsResponseBodyContainerGroupsContainers;
export type GroupContainerState = sdkModule.DescribeContainerGroupsResponseBodyContainerGroupsContainersCurrentState;
export type CreateGroup = Plain<sdkModule.CreateContainerGroupRequest> & NewerFields;
/** A volume of a group that is to be. */
export type GroupVolume = NonNullable<CreateGroup['volume']>[number];

/** Fields of `CreateContainerGroup` that are younger than the SDK for Node (serverless-node.md, section 2.1). */
export interface NewerFields {
  /** In order of preference. */
  readonly computeCategory?: readonly string[] | undefined;
  readonly maxPendingMinute?: number | undefined;
  readonly gpuDriverVersion?: string | undefined;
}

/** The fields of a model of the SDK, which takes plain objects for nested models too. */
type Plain<T> = T extends readonly (infer Item)[]
  ? Plain<Item>[]
  : T extends object
    ? { [Name in keyof T as T[Name] extends (...args: never) => unknown ? never : Name]?: Plain<T[Name]> }
    : T;

/** Which part of a container's log. */
export interface LogQuery {
  readonly groupId: string;
  readonly container: string;
  /** Last lines; at most 2,000. */
  readonly tail?: number | undefined;
  /** RFC 3339: the lines from then on, as many from the first as fit an answer. */
  readonly startTime?: string | undefined;
  /** Of the run before the last restart. */
  readonly previous?: boolean | undefined;
}

/** The actions of ECI the virtual node needs (serverless-node.md, section 2). All reject with `EciError`. */
export interface Eci extends EciInside {
  /** Returns the group's id before anything runs. The same `clientToken` gives the same group. */
  create(group: CreateGroup): Promise<string>;
  /** 0 if a group may be made for this pod now, within ECI's limits; else milliseconds after which to ask again. */
  createTurn(uid: string): number;
  /** The pod needs no group any more: its turn goes to others. */
  giveUpTurn(uid: string): void;
  delete(groupId: string, options?: { readonly force?: boolean }): Promise<void>;
  /** As `createTurn`, for a group's end. */
  deleteTurn(groupId: string): number;
  /**
   * Where every group with these tags stands, or of those that changed within so many seconds; cheaper than a `list` of many.
   */
  statuses(
    tags: Readonly<Record<string, string>>,
    options?: { readonly sinceSeconds?: number },
  ): Promise<readonly GroupStatus[]>;
  /** The zones of these vSwitches, by the VPC's API. */
  zones(vSwitchIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** What ECI says of the credentials, while it refuses them; no other call is made meanwhile. */
  credentialsError(): EciError | undefined;
  /** Ends the waiting for turns. */
  close(): void;
  /** Every group with these tags. */
  list(tags: Readonly<Record<string, string>>): Promise<ContainerGroup[]>;
  /** The groups of these ids; one that does not exist is left out. */
  describe(groupIds: readonly string[]): Promise<ContainerGroup[]>;
  /** The images the containers of these groups run, with digest, by group and container; init containers are left out. */
  imageIds(groupIds: readonly string[]): Promise<ReadonlyMap<string, ImageIds>>;
  /** Ends and starts all containers of a group. */
  restart(groupId: string): Promise<void>;
  /** Gives a group's config volumes new files; its containers go on running. */
  updateVolumes(groupId: string, volumes: NonNullable<CreateGroup['volume']>): Promise<void>;
  /** Gives a group other credentials to pull its images with. */
  updateCredentials(groupId: string, credentials: NonNullable<CreateGroup['imageRegistryCredential']>): Promise<void>;
  /** Lines, each with its time before it. */
  log(query: LogQuery): Promise<string>;
}

/** Where a group stands, in few words. */
export interface GroupStatus {
  readonly id: string;
  /** Differs when anything of the status does. */
  readonly fingerprint: string;
}

/** Images by container. */
export type ImageIds = ReadonlyMap<string, string>;

/** Time limits of one call, so that a cloud that does not answer holds nothing up for ever. */
const limits = { connectTimeout: 5_000, readTimeout: 10_000 };
/** Most groups of an answer, and most ids of a question. */
const pageSize = 20;
const statusPageSize = 200;

const openGate = (): CallGate => new CallGate({ clock: systemClock, random: () => 0.5, limited: false });

/** A client over the official SDK, whose calls pass the gate. Default: a gate of its own that knows no limits. */
export function createEci(access: EciAccess, gate: CallGate = openGate()): Eci {
  const { regionId, endpoint, protocol } = access;
  const config = new openApi.Config({ endpoint, protocol, regionId, ...clientCredentials(access) });
  const client = access.call ? new DirectClient(config, access.call) : new sdk.default(config);
  const runtime = new RuntimeOptions(limits);
  const call = <T>(action: ActionName, make: () => Promise<T>): Promise<T> => gate.call(action, make);
  const groupsPage = async (
    query: ConstructorParameters<typeof sdk.DescribeContainerGroupsRequest>[0],
  ): Promise<Page<ContainerGroup>> => {
    const request = new sdk.DescribeContainerGroupsRequest({ regionId, ...query });
    const { body } = await call('DescribeContainerGroups', () =>
      client.describeContainerGroupsWithOptions(request, runtime),
    );
    return { items: body?.containerGroups, totalCount: body?.totalCount, nextToken: body?.nextToken };
  };
  /** Only what is named is changed. */
  const update = async (
    changes: Plain<sdkModule.UpdateContainerGroupRequest>,
    newer: Record<string, string> = {},
  ): Promise<void> => {
    const request = new sdk.UpdateContainerGroupRequest({ regionId, updateType: 'IncrementalUpdate', ...changes });
    await call('UpdateContainerGroup', () => client.updateContainerGroupWithOptions(request, runtimeWith(newer)));
  };
  return {
    ...createInside({ client, sdk, runtime, regionId, call }),
    create: async ({ computeCategory, maxPendingMinute, gpuDriverVersion, ...group }) => {
      const network = { vSwitchId: access.vSwitchId, securityGroupId: access.securityGroupId };
      const request = new sdk.CreateContainerGroupRequest({ regionId, ...network, ...group });
      const newer = newerFields({ computeCategory, maxPendingMinute, gpuDriverVersion });
      const make = (): ReturnType<typeof client.createContainerGroup> =>
        client.createContainerGroupWithOptions(request, runtimeWith(newer));
      const { body } = await gate.call('CreateContainerGroup', make, { hasTurn: true });
      // Asked again with the same token, it tells which group that is.
      if (!body?.containerGroupId) throw badAnswer('it names no group');
      return body.containerGroupId;
    },
    createTurn: (uid) => gate.turn('CreateContainerGroup', uid),
    giveUpTurn: (uid) => gate.giveUp('CreateContainerGroup', uid),
    delete: async (containerGroupId, { force = false } = {}) => {
      const request = new sdk.DeleteContainerGroupRequest({ regionId, containerGroupId });
      const make = (): ReturnType<typeof client.deleteContainerGroup> =>
        client.deleteContainerGroupWithOptions(request, force ? runtimeWith({ Force: 'true' }) : runtime);
      await gate.call('DeleteContainerGroup', make, { hasTurn: true });
    },
    deleteTurn: (groupId) => gate.turn('DeleteContainerGroup', groupId),
    credentialsError: () => gate.credentialsError,
    close: () => gate.close(),
    zones: (vSwitchIds) => call('DescribeVSwitches', () => findZones(access, vSwitchIds)),
    statuses: async (tags, { sinceSeconds } = {}) => {
      const tag = tagsOf(tags);
      const since = sinceSeconds === undefined ? {} : { sinceSecond: sinceSeconds };
      const data = await readPages(async (nextToken) => {
        const page = { regionId, tag, limit: statusPageSize, ...since, ...(nextToken ? { nextToken } : {}) };
        const request = new sdk.DescribeContainerGroupStatusRequest(page);
        const { body } = await call('DescribeContainerGroupStatus', () =>
          client.describeContainerGroupStatusWithOptions(request, runtime),
        );
        return { items: body?.data, totalCount: body?.totalCount, nextToken: body?.nextToken };
      });
      return data.map(({ containerGroupId: id = '', status, podStatus }) => ({
        id,
        fingerprint: `${status} ${JSON.stringify(podStatus)}`,
      }));
    },
    list: async (tags) => {
      const tag = tagsOf(tags);
      return readPages((nextToken) => groupsPage({ tag, limit: pageSize, ...(nextToken ? { nextToken } : {}) }));
    },
    describe: async (groupIds) => {
      const groups: ContainerGroup[] = [];
      for (let from = 0; from < groupIds.length; from += pageSize) {
        const containerGroupIds = JSON.stringify(groupIds.slice(from, from + pageSize));
        groups.push(...itemsOf(await groupsPage({ containerGroupIds })));
      }
      return groups;
    },
    imageIds: async (groupIds) => {
      const found = new Map<string, ImageIds>();
      for (let from = 0; from < groupIds.length; from += pageSize) {
        const containerGroupIds = JSON.stringify(groupIds.slice(from, from + pageSize));
        const request = new sdk.DescribeContainerGroupStatusRequest({ regionId, containerGroupIds });
        const { body } = await call('DescribeContainerGroupStatus', () =>
          client.describeContainerGroupStatusWithOptions(request, runtime),
        );
        for (const { containerGroupId = '', podStatus } of body?.data ?? []) {
          const told = podStatus?.containerStatuses?.filter(({ imageID }) => imageID);
          const images = told?.map(({ name = '', imageID = '' }) => [name, imageID] as const);
          found.set(containerGroupId, new Map(images));
        }
      }
      return found;
    },
    restart: async (containerGroupId) => {
      const request = new sdk.RestartContainerGroupRequest({ regionId, containerGroupId });
      await call('RestartContainerGroup', () => client.restartContainerGroupWithOptions(request, runtime));
    },
    updateVolumes: (containerGroupId, volume) => update({ containerGroupId, volume }, fileModes(volume)),
    updateCredentials: (containerGroupId, imageRegistryCredential) =>
      update({ containerGroupId, imageRegistryCredential }),
    log: async ({ groupId, container, tail, startTime, previous }) => {
      const request = new sdk.DescribeContainerLogRequest({
        regionId,
        containerGroupId: groupId,
        containerName: container,
        timestamps: true,
        lastTime: previous === true,
        ...(tail === undefined ? {} : { tail }),
        ...(startTime === undefined ? {} : { startTime }),
      });
      const { body } = await call('DescribeContainerLog', () =>
        client.describeContainerLogWithOptions(request, runtime),
      );
      return body?.content ?? '';
    },
  };
}

/** The SDK sends what it has no field for, too, if it is asked to. */
function runtimeWith(queries: Record<string, string>): RuntimeOptions {
  return new RuntimeOptions({ ...limits, extendsParameters: new ExtendsParameters({ queries }) });
}

/** The SDK knows modes of files only where a group is made. */
function fileModes(volumes: readonly GroupVolume[]): Record<string, string> {
  const modes = volumes.flatMap(({ configFileVolume }, index) =>
    (configFileVolume?.configFileToPath ?? []).map(
      ({ mode }, file) => [`Volume.${index + 1}.ConfigFileVolume.ConfigFileToPath.${file + 1}.Mode`, mode] as const,
    ),
  );
  return Object.fromEntries(modes.flatMap(([name, mode]) => (mode === undefined ? [] : [[name, String(mode)]])));
}

function newerFields({
  computeCategory = [],
  maxPendingMinute,
  gpuDriverVersion,
}: NewerFields): Record<string, string> {
  return {
    ...Object.fromEntries(computeCategory.map((category, index) => [`ComputeCategory.${index + 1}`, category])),
    ...(maxPendingMinute === undefined ? {} : { MaxPendingMinute: String(maxPendingMinute) }),
    ...(gpuDriverVersion === undefined ? {} : { GpuDriverVersion: gpuDriverVersion }),
  };
}

function tagsOf(tags: Readonly<Record<string, string>>): { key: string; value: string }[] {
  return Object.entries(tags).map(([key, value]) => ({ key, value }));
}
