import type { Action, ActionContext } from './action.ts';
import { containerGroupAnswer } from './answers/container-group.ts';
import { priceAnswer, stockAnswer, vSwitchesAnswer } from './answers/market.ts';
import { groupEventsAnswer } from './answers/events.ts';
import { logContent, parseLogTime } from './answers/log.ts';
import { groupStatusAnswer } from './answers/pod-status.ts';
import { type Group, eventSources } from './groups/group.ts';
import { parseGroup } from './groups/parse-group.ts';
import { parseUpdate } from './groups/parse-update.ts';
import { checkRegion, clientTokenOf, groupAskedFor, requireContainer, requireGroup } from './groups/require.ts';
import { type Selection, pageOf, selectGroups } from './groups/select.ts';
import { tagActions } from './groups/tag-actions.ts';
import { imageActions } from './images/actions.ts';
import { maxImageCaches } from './images/caches.ts';
import { type Placement, place } from './placement/place.ts';
import { metricActions } from './metrics/actions.ts';
import { sessionActions } from './sessions/actions.ts';
import { EciError, invalidParameter } from './wire/error.ts';
import type { Parameters } from './wire/parameters.ts';

const maxLogBytes = 1_048_576;
const defaultTail = 500;
const maxTail = 2000;

/** The actions served, by name (serverless-node.md, sections 2.2 and 2.3). */
export const actions: Readonly<Record<string, Action>> = {
  CreateContainerGroup: (parameters, { store, regionId, images, market }) => {
    const spec = parseGroup(parameters);
    checkRegion(spec.regionId, regionId);
    const clientToken = clientTokenOf(parameters);
    const placeIt = (): Placement => {
      const cache = images.find(spec);
      const placement = place(spec, market);
      if (!cache) return placement;
      images.matched(cache);
      return { ...placement, imageCacheId: cache.id };
    };
    if (parameters.boolean('DryRun')) {
      placeIt();
      throw new EciError('DryRun.Success', 'The request would have been carried out; DryRun kept it from that.');
    }
    const { group, isNew } = store.add(spec, clientToken, placeIt);
    // The answer goes out first.
    if (isNew) setImmediate(() => store.start(group));
    return { ContainerGroupId: group.id };
  },

  DescribeContainerGroups: (parameters, context) => {
    const page = pageOf(select(parameters, context), parameters, 20);
    const withEvents = parameters.boolean('WithEvent') ?? true;
    return {
      ContainerGroups: page.groups.map((group) => containerGroupAnswer(group, { withEvents })),
      TotalCount: page.totalCount,
      ...(page.nextToken === undefined ? {} : { NextToken: page.nextToken }),
    };
  },

  DescribeContainerGroupStatus: (parameters, context) => {
    const page = pageOf(select(parameters, context), parameters, 200);
    return {
      Data: page.groups.map(groupStatusAnswer),
      TotalCount: page.totalCount,
      ...(page.nextToken === undefined ? {} : { NextToken: page.nextToken }),
    };
  },

  DescribeContainerGroupEvents: (parameters, context) => {
    const page = pageOf(select(parameters, context), parameters, 200);
    const sinceSeconds = parameters.number('SinceSecond', { min: 0, max: 1e12 });
    const wanted = {
      source: parameters.word('EventSource', eventSources),
      sinceMs: sinceSeconds === undefined ? undefined : context.clock.now() - sinceSeconds * 1000,
    };
    return {
      Data: page.groups.map((group) => groupEventsAnswer(group, wanted)),
      TotalCount: page.totalCount,
      ...(page.nextToken === undefined ? {} : { NextToken: page.nextToken }),
    };
  },

  DeleteContainerGroup: (parameters, context) => {
    const force = parameters.boolean('Force') ?? false;
    context.store.delete(requireGroup(parameters, context), { force });
    return {};
  },

  UpdateContainerGroup: async (parameters, context) => {
    const group = requireGroup(parameters, context);
    if (group.status !== 'Pending' && group.status !== 'Running') {
      throw new EciError('IncorrectStatus', `A group that is ${group.status} cannot be updated.`);
    }
    await group.update(parseUpdate(parameters, group.spec));
    return {};
  },

  RestartContainerGroup: (parameters, context) => {
    const group = requireGroup(parameters, context);
    if (group.status !== 'Pending' && group.status !== 'Running') {
      throw new EciError('IncorrectStatus', `A group that is ${group.status} cannot be restarted.`);
    }
    // What runs is given its grace; the answer does not wait for that.
    group.restart();
    return {};
  },

  DescribeContainerLog: (parameters, context) => {
    const group = groupAskedFor(parameters, context);
    const container = parameters.required('ContainerName');
    requireContainer(group, container);
    const lines = group.instance?.log(container, parameters.boolean('LastTime') ? 'previous' : 'current') ?? [];
    const sinceNs = sinceOf(parameters, context.clock.now());
    const content = logContent(lines, {
      // With a beginning given, all that follows is wanted, from its beginning: so a reader can page through it.
      tail: parameters.integer('Tail', { min: 0, max: maxTail }) ?? (sinceNs === undefined ? defaultTail : undefined),
      sinceNs,
      timestamps: parameters.boolean('Timestamps') ?? false,
      limitBytes: parameters.integer('LimitBytes', { min: 1, max: maxLogBytes }) ?? maxLogBytes,
    });
    return { ContainerName: container, Content: content };
  },

  ...imageActions,

  ...tagActions,

  ...sessionActions,

  ...metricActions,

  DescribeContainerGroupPrice: (parameters, { market }) => priceAnswer(parameters, market),

  DescribeAvailableResource: (parameters, { market }) => stockAnswer(parameters, market),

  DescribeVSwitches: (parameters, { market }) => vSwitchesAnswer(parameters, market),

  DescribeRegions: (_parameters, { regionId, zones, endpoint }) => ({
    Regions: [{ RegionId: regionId, RegionEndpoint: endpoint(), Zones: zones, RecommendZones: zones }],
  }),

  ListUsage: (parameters, { store, regionId, images }) => {
    checkRegion(parameters.required('RegionId'), regionId);
    const used = store.list().filter(({ isFinal }) => !isFinal);
    return {
      Attributes: {
        UsedCpu: used.reduce((sum, { placement }) => sum + placement.size.cpu, 0),
        MaxCpu: 1_000_000,
        UsedImageCacheCount: images.list().length,
        MaxImageCacheCount: maxImageCaches,
        // None is made unasked, and there are no data caches.
        UsedAutoImageCacheCount: 0,
        MaxAutoImageCacheCount: 0,
        UsedDataCacheCount: 0,
        MaxDataCacheCount: 0,
      },
    };
  },
};

function select(parameters: Parameters, { store, faults, regionId, clock }: ActionContext): Selection {
  checkRegion(parameters.required('RegionId'), regionId);
  const { lagMs } = faults;
  const groups = (ids: ReadonlySet<string> | undefined): readonly Group[] =>
    faults.told(ids && lagMs === 0 ? store.some(ids) : store.listLate(lagMs));
  return selectGroups(groups, parameters, clock.now());
}

function sinceOf(parameters: Parameters, nowMs: number): bigint | undefined {
  const seconds = parameters.number('SinceSeconds', { min: 0, max: 1e10 });
  const start = parameters.string('StartTime', { maxLength: 64 });
  if (seconds !== undefined) return BigInt(Math.floor((nowMs - seconds * 1000) * 1000)) * 1000n;
  if (start === undefined) return undefined;
  const at = parseLogTime(start);
  if (at === undefined) throw invalidParameter('StartTime', 'not a time as in RFC 3339');
  return at;
}
