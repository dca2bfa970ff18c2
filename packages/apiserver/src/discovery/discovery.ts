import { apiVersionOf } from '@ebb/api';
import type { ResourceInfo } from '../resource-info.ts';
import { negotiate } from './accept.ts';
import { aggregatedDiscovery } from './aggregated.ts';
import { type Group, type GroupVersion, groupsOf } from './groups.ts';
import { subresourcesOf } from './subresources.ts';

const json = 'application/json';
const aggregated = {
  v2: `${json};g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList`,
  v2beta1: `${json};g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList`,
};
const anyClient = [{ clientCIDR: '0.0.0.0/0', serverAddress: '' }];

/**
 * The discovery document at `/api`, `/apis`, `/api/v1`, `/apis/<group>` or `/apis/<group>/<version>`; `undefined` for
 * other paths and for groups that are not there. The first two answer in aggregated form when asked to.
 */
export function discoveryDocument(
  path: string,
  accept: string | undefined,
  resources: readonly ResourceInfo[],
): { contentType: string; body: object } | undefined {
  const parts = path.split('/').filter((part) => part !== '');
  const [root, name, version] = parts;
  if ((root !== 'api' && root !== 'apis') || parts.length > (root === 'api' ? 2 : 3)) return undefined;
  const groups = groupsOf(resources).filter((group) => (group.name === '') === (root === 'api'));
  if (name === undefined) return rootDocument(root, accept, groups);
  const group = groups.find((each) => root === 'api' || each.name === name);
  if (!group) return undefined;
  if (root === 'apis' && version === undefined)
    return plain({ kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(group) });
  const wanted = root === 'api' ? name : version;
  const found = group.versions.find((each) => each.version === wanted);
  return found && plain(resourceList(group, found));
}

function plain(body: object): { contentType: string; body: object } {
  return { contentType: json, body };
}

function rootDocument(
  root: 'api' | 'apis',
  accept: string | undefined,
  groups: readonly Group[],
): { contentType: string; body: object } {
  const contentType = negotiate(accept, [aggregated.v2, aggregated.v2beta1, json]) ?? json;
  if (contentType === aggregated.v2) return { contentType, body: aggregatedDiscovery(groups, 'v2') };
  if (contentType === aggregated.v2beta1) return { contentType, body: aggregatedDiscovery(groups, 'v2beta1') };
  if (root === 'apis') return plain({ kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(groupEntry) });
  const versions = groups.flatMap((group) => group.versions.map((each) => each.version));
  return plain({ kind: 'APIVersions', versions, serverAddressByClientCIDRs: anyClient });
}

function groupEntry({ name, versions }: Group): object {
  const entries = versions.map(({ version }) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: entries, preferredVersion: entries[0] };
}

function resourceList({ name }: Group, { version, resources }: GroupVersion): object {
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf({ group: name, version }),
    resources: resources.flatMap(resourceEntries),
  };
}

function resourceEntries(info: ResourceInfo): object[] {
  const { plural, singular, namespaced, kind, verbs, shortNames, categories } = info;
  return [
    {
      name: plural,
      singularName: singular,
      namespaced,
      kind,
      verbs,
      ...(shortNames.length > 0 ? { shortNames } : {}),
      ...(categories.length > 0 ? { categories } : {}),
    },
    ...subresourcesOf(info).map(({ name, ...subresource }) => ({
      name: `${plural}/${name}`,
      singularName: '',
      namespaced,
      ...subresource,
    })),
  ];
}
