import type { Action, ActionContext } from '../action.ts';
import { eciTime } from '../answers/time.ts';
import { clientTokenOf } from '../groups/require.ts';
import { parseTags } from '../groups/parse-group.ts';
import { invalidParameter, missingParameter } from '../wire/error.ts';
import type { Parameters } from '../wire/parameters.ts';
import { type ImageCache, expiryOf } from './caches.ts';

const maxImages = 20;
const maxPage = 50;

/** Image caches (serverless-node.md, section 2.9): made, listed, deleted. */
export const imageActions: Readonly<Record<'CreateImageCache' | 'DescribeImageCaches' | 'DeleteImageCache', Action>> = {
  CreateImageCache: (parameters, { images }) => {
    const name = parameters.required('ImageCacheName');
    if (!/^[a-z0-9]([a-z0-9-]{0,126}[a-z0-9])?$/.test(name)) {
      throw invalidParameter('ImageCacheName', 'at most 128 of a-z, 0-9 and hyphens, none at an end');
    }
    const wanted = parameters.strings('Image', { max: maxImages, maxLength: 1024 });
    if (wanted.length === 0) throw missingParameter('Image.1');
    const spec = {
      name,
      images: wanted,
      size: parameters.integer('ImageCacheSize', { min: 20, max: 32_768 }) ?? 20,
      retentionDays: parameters.integer('RetentionDays', { min: 1, max: 36_500 }),
      tags: parseTags(parameters),
    };
    return { ImageCacheId: images.add(spec, clientTokenOf(parameters)).id };
  },

  DescribeImageCaches: (parameters, context) => {
    const found = context.images.list().filter((cache) => isAskedFor(cache, parameters));
    const limit = parameters.integer('Limit', { min: 1, max: maxPage }) ?? maxPage;
    const from = parameters.integer('NextToken', { min: 0, max: 1e6 }) ?? 0;
    const until = from + limit;
    return {
      ImageCaches: found.slice(from, until).map((cache) => cacheAnswer(cache, context)),
      TotalCount: found.length,
      ...(until < found.length ? { NextToken: String(until) } : {}),
    };
  },

  DeleteImageCache: (parameters, { images }) => {
    images.delete(parameters.required('ImageCacheId'));
    return {};
  },
};

function isAskedFor({ id, snapshotId, name, images, tags }: ImageCache, parameters: Parameters): boolean {
  const is = (parameter: string, value: string): boolean => (parameters.string(parameter) ?? value) === value;
  const image = parameters.string('Image');
  return (
    is('ImageCacheId', id) &&
    is('SnapshotId', snapshotId) &&
    is('ImageCacheName', name) &&
    (image === undefined || images.includes(image)) &&
    parseTags(parameters).every((tag) => tags.some(({ key, value }) => key === tag.key && value === tag.value))
  );
}

function cacheAnswer(cache: ImageCache, { images, regionId }: ActionContext): object {
  const status = images.statusOf(cache);
  const expiresAtMs = expiryOf(cache);
  return {
    RegionId: regionId,
    ImageCacheId: cache.id,
    ImageCacheName: cache.name,
    SnapshotId: cache.snapshotId,
    Status: status,
    Progress: { Preparing: '0%', Creating: '50%', Ready: '100%' }[status],
    Images: cache.images,
    ImageCacheSize: cache.size,
    CreationTime: eciTime(cache.createdAtMs),
    ...(expiresAtMs === undefined ? {} : { ExpireDateTime: eciTime(expiresAtMs) }),
    ...(cache.lastMatchedAtMs === undefined ? {} : { LastMatchedTime: eciTime(cache.lastMatchedAtMs) }),
    Tags: cache.tags.map(({ key, value }) => ({ Key: key, Value: value })),
    Events: [],
  };
}
