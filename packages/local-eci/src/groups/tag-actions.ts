import type { Action, ActionContext } from '../action.ts';
import type { Tag } from '../model.ts';
import { missingParameter } from '../wire/error.ts';
import type { Parameters } from '../wire/parameters.ts';
import type { Group } from './group.ts';
import { checkTagCount, parseTags } from './parse-group.ts';
import { checkRegion, groupOf } from './require.ts';

const maxResources = 50;
const maxKeys = 20;
const maxPage = 50;

/** Tags of groups that are there: put on, taken off, listed. Image caches keep those they were made with. */
export const tagActions: Readonly<Record<'TagResources' | 'UntagResources' | 'ListTagResources', Action>> = {
  TagResources: (parameters, context) => {
    const groups = tagged(parameters, context);
    const tags = parseTags(parameters);
    if (tags.length === 0) throw missingParameter('Tag.1.Key');
    const keys = new Set(tags.map(({ key }) => key));
    const tagsOf = (group: Group): readonly Tag[] => [...group.spec.tags.filter(({ key }) => !keys.has(key)), ...tags];
    // All or none.
    for (const group of groups) checkTagCount(tagsOf(group));
    for (const group of groups) group.updateTags(tagsOf(group));
    return {};
  },

  UntagResources: (parameters, context) => {
    const groups = tagged(parameters, context);
    const keys = new Set(parameters.strings('TagKey', { max: maxKeys, maxLength: 128 }));
    const all = keys.size === 0 && parameters.boolean('All') === true;
    for (const group of groups) group.updateTags(group.spec.tags.filter(({ key }) => !all && !keys.has(key)));
    return {};
  },

  ListTagResources: (parameters, context) => {
    const wanted = parseTags(parameters);
    const has = (group: Group): boolean =>
      wanted.every((tag) =>
        group.spec.tags.some(({ key, value }) => key === tag.key && value === (tag.value || value)),
      );
    const isAll = parameters.strings('ResourceId', { max: maxResources }).length === 0;
    const groups = isAll ? everyGroup(parameters, context) : tagged(parameters, context);
    const found = groups.filter(has).flatMap(({ id, spec }) =>
      spec.tags.map(({ key, value }) => ({
        ResourceType: 'ContainerGroup',
        ResourceId: id,
        TagKey: key,
        TagValue: value,
      })),
    );
    const limit = parameters.integer('Limit', { min: 1, max: maxPage }) ?? maxPage;
    const from = parameters.integer('NextToken', { min: 0, max: 1e9 }) ?? 0;
    const until = from + limit;
    return {
      TagResources: found.slice(from, until),
      ...(until < found.length ? { NextToken: String(until) } : {}),
    };
  },
};

function everyGroup(parameters: Parameters, { store, regionId }: ActionContext): readonly Group[] {
  checkRegion(parameters.required('RegionId'), regionId);
  checkType(parameters);
  return store.list();
}

/** The groups a call names by `ResourceId`. Throws `EciError`. */
function tagged(parameters: Parameters, { store, regionId }: ActionContext): readonly Group[] {
  checkRegion(parameters.required('RegionId'), regionId);
  checkType(parameters);
  const ids = parameters.strings('ResourceId', { max: maxResources });
  if (ids.length === 0) throw missingParameter('ResourceId.1');
  return ids.map((id) => groupOf(store, id));
}

function checkType(parameters: Parameters): void {
  parameters.required('ResourceType');
  parameters.word('ResourceType', ['ContainerGroup']);
}
