import { EciError, invalidParameter } from '../wire/error.ts';
import { groupStatuses } from '../model.ts';
import type { Parameters } from '../wire/parameters.ts';
import type { Group } from './group.ts';
import { parseTags } from './parse-group.ts';

/** What a call asks for: those of `groups`, oldest first, that it wants. */
export interface Selection {
  readonly groups: readonly Group[];
  readonly wants: (group: Group) => boolean;
}

/** One page of groups. */
export interface Page {
  readonly groups: readonly Group[];
  readonly totalCount: number;
  /** Absent on the last page. */
  readonly nextToken?: string;
}

/**
 * The groups a Describe call asks for, by its filters, of those that `groups` gives: those of these ids, or all. Throws `EciError`
 * on a filter that cannot be read.
 */
export function selectGroups(
  groups: (ids: ReadonlySet<string> | undefined) => readonly Group[],
  parameters: Parameters,
  nowMs: number,
): Selection {
  const ids = parseIds(parameters);
  const name = parameters.string('ContainerGroupName');
  const status = parameters.word('Status', groupStatuses);
  const tags = parseTags(parameters);
  const since = parameters.number('SinceSecond', { min: 0, max: 1e12 });
  const labels = filters.flatMap((label) => {
    const value = parameters.string(label);
    return value === undefined ? [] : [[label, value] as const];
  });
  return {
    groups: groups(ids),
    wants: (group) =>
      (!ids || ids.has(group.id)) &&
      (name === undefined || group.spec.name === name) &&
      (status === undefined || group.status === status) &&
      (since === undefined || group.changedAtMs >= nowMs - since * 1000) &&
      labels.every(([label, value]) => labelOf(group, label) === value) &&
      tags.every((tag) =>
        group.spec.tags.some(({ key, value }) => key === tag.key && (!tag.value || value === tag.value)),
      ),
  };
}

/** Filters that compare one word. */
const filters = ['VSwitchId', 'ZoneId', 'ComputeCategory', 'SecurityGroupId', 'ResourceGroupId'] as const;

function labelOf({ spec, placement }: Group, label: (typeof filters)[number]): string | undefined {
  switch (label) {
    case 'VSwitchId':
      return placement.vSwitchId;
    case 'ZoneId':
      return placement.zoneId;
    case 'ComputeCategory':
      return placement.computeCategory;
    case 'SecurityGroupId':
    case 'ResourceGroupId':
      return spec.labels[label];
  }
}

/** Cuts a page of at most `Limit` groups, beginning after those of the page whose `NextToken` is given. */
export function pageOf({ groups, wants }: Selection, parameters: Parameters, maxLimit: number): Page {
  const limit = parameters.integer('Limit', { min: 1, max: maxLimit }) ?? maxLimit;
  const token = parameters.string('NextToken', { maxLength: 200 });
  const place = token === undefined ? undefined : parseToken(token);
  const rest: Group[] = [];
  for (const group of groups) {
    if ((place && group.number <= place.after) || !wants(group)) continue;
    rest.push(group);
    if (place && rest.length > limit) break;
  }
  const totalCount = place?.totalCount ?? rest.length;
  const page = rest.slice(0, limit);
  const last = rest.length > limit ? page.at(-1) : undefined;
  return { groups: page, totalCount, ...(last ? { nextToken: `${last.number}.${totalCount}` } : {}) };
}

/** `ContainerGroupIds`, a JSON array of at most 20. */
function parseIds(parameters: Parameters): ReadonlySet<string> | undefined {
  const text = parameters.string('ContainerGroupIds');
  if (text === undefined) return undefined;
  const ids = parseJson(text);
  if (!Array.isArray(ids) || !ids.every((id) => typeof id === 'string')) {
    throw invalidParameter('ContainerGroupIds', 'not a JSON array of ids');
  }
  if (ids.length > 20)
    throw new EciError('InvalidParameter.LengthExceeded', 'ContainerGroupIds has more than 20 items.');
  return new Set(ids);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Numbers only grow, so the last group seen marks the place even if it is gone meanwhile. What the first page counted goes along:
 * none but it looks at all groups.
 */
function parseToken(token: string): { readonly after: number; readonly totalCount: number } {
  const [, after, totalCount] = /^(\d{1,15})\.(\d{1,15})$/.exec(token) ?? [];
  if (after === undefined) throw invalidParameter('NextToken', 'it did not come from here');
  return { after: Number(after), totalCount: Number(totalCount) };
}
