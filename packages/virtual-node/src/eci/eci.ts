import { createRequire } from 'node:module';
import type * as sdkModule from '@alicloud/eci20180808';
import * as openApi from '@alicloud/openapi-client';
import { RuntimeOptions } from '@alicloud/tea-util';
import { eciError } from './error.ts';

// A CommonJS module with a default export: what `import` makes of that differs between Node and bundlers, `require` is plain.
const sdk = createRequire(import.meta.url)('@alicloud/eci20180808') as (typeof sdkModule)['default'];

/** Where ECI's API is, and as whom to call it. */
export interface EciAccess {
  /** Host, or host and port, such as `eci.cn-hangzhou.aliyuncs.com`. */
  readonly endpoint: string;
  readonly protocol: 'http' | 'https';
  readonly regionId: string;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** Of temporary credentials. */
  readonly securityToken?: string | undefined;
  /** vSwitches of the node's zone, comma separated. */
  readonly vSwitchId?: string | undefined;
  readonly securityGroupId?: string | undefined;
}

export type ContainerGroup = sdkModule.DescribeContainerGroupsResponseBodyContainerGroups;
export type GroupContainer = sdkModule.DescribeContainerGroupsResponseBodyContainerGroupsContainers;
export type GroupContainerState = sdkModule.DescribeContainerGroupsResponseBodyContainerGroupsContainersCurrentState;
export type CreateGroup = Plain<sdkModule.CreateContainerGroupRequest>;

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
export interface Eci {
  /** Returns the group's id before anything runs. The same `clientToken` gives the same group. */
  create(group: CreateGroup): Promise<string>;
  delete(groupId: string): Promise<void>;
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
  /** Lines, each with its time before it. */
  log(query: LogQuery): Promise<string>;
}

/** Images by container. */
export type ImageIds = ReadonlyMap<string, string>;

/** Time limits of one call, so that a cloud that does not answer holds nothing up for ever. */
const limits = { connectTimeout: 5_000, readTimeout: 10_000 };
/** Most groups of an answer, and most ids of a question. */
const pageSize = 20;

/** A client over the official SDK. Back-off is the caller's: the SDK has none. */
export function createEci(access: EciAccess): Eci {
  const { regionId, endpoint, protocol, accessKeyId, accessKeySecret, securityToken } = access;
  const config = {
    endpoint,
    protocol,
    regionId,
    accessKeyId,
    accessKeySecret,
    ...(securityToken ? { securityToken } : {}),
  };
  const client = new sdk.default(new openApi.Config(config));
  const runtime = new RuntimeOptions(limits);
  return {
    create: async (group) => {
      const network = { vSwitchId: access.vSwitchId, securityGroupId: access.securityGroupId };
      const request = new sdk.CreateContainerGroupRequest({ regionId, ...network, ...group });
      const { body } = await asEciError(client.createContainerGroupWithOptions(request, runtime));
      return body?.containerGroupId ?? '';
    },
    delete: async (containerGroupId) => {
      const request = new sdk.DeleteContainerGroupRequest({ regionId, containerGroupId });
      await asEciError(client.deleteContainerGroupWithOptions(request, runtime));
    },
    list: async (tags) => {
      const tag = Object.entries(tags).map(([key, value]) => ({ key, value }));
      const groups: ContainerGroup[] = [];
      let nextToken: string | undefined;
      do {
        const page = { regionId, tag, limit: pageSize, ...(nextToken ? { nextToken } : {}) };
        const request = new sdk.DescribeContainerGroupsRequest(page);
        const { body } = await asEciError(client.describeContainerGroupsWithOptions(request, runtime));
        groups.push(...(body?.containerGroups ?? []));
        nextToken = body?.nextToken;
      } while (nextToken);
      return groups;
    },
    describe: async (groupIds) => {
      const groups: ContainerGroup[] = [];
      for (let from = 0; from < groupIds.length; from += pageSize) {
        const containerGroupIds = JSON.stringify(groupIds.slice(from, from + pageSize));
        const request = new sdk.DescribeContainerGroupsRequest({ regionId, containerGroupIds });
        const { body } = await asEciError(client.describeContainerGroupsWithOptions(request, runtime));
        groups.push(...(body?.containerGroups ?? []));
      }
      return groups;
    },
    imageIds: async (groupIds) => {
      const found = new Map<string, ImageIds>();
      for (let from = 0; from < groupIds.length; from += pageSize) {
        const containerGroupIds = JSON.stringify(groupIds.slice(from, from + pageSize));
        const request = new sdk.DescribeContainerGroupStatusRequest({ regionId, containerGroupIds });
        const { body } = await asEciError(client.describeContainerGroupStatusWithOptions(request, runtime));
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
      await asEciError(client.restartContainerGroupWithOptions(request, runtime));
    },
    updateVolumes: async (containerGroupId, volume) => {
      // Only what is named is changed.
      const update = { regionId, containerGroupId, updateType: 'IncrementalUpdate', volume };
      const request = new sdk.UpdateContainerGroupRequest(update);
      await asEciError(client.updateContainerGroupWithOptions(request, runtime));
    },
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
      const { body } = await asEciError(client.describeContainerLogWithOptions(request, runtime));
      return body?.content ?? '';
    },
  };
}

async function asEciError<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw eciError(error);
  }
}
