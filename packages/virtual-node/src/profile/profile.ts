/** What the ConfigMap `kube-system/eci-profile` says (serverless-node.md, section 3.1). */
export interface EciProfile {
  /** Each zone among them gets a virtual node. Default: none, and there is one node, as the process was told. */
  readonly vSwitchIds: readonly string[];
  readonly securityGroupId: string | undefined;
  readonly resourceGroupId: string | undefined;
  readonly selectors: readonly Selector[];
  /** Keys that are there and mean nothing here. */
  readonly ignored: readonly string[];
}

/** Pods, and what they get. */
export interface Selector {
  readonly name: string;
  /** Labels the pod's namespace must have; absent: any. */
  readonly namespaceLabels: Labels | undefined;
  /** Labels the pod must have; absent: any. */
  readonly podLabels: Labels | undefined;
  readonly annotations: Labels;
  readonly labels: Labels;
}

export type Labels = Readonly<Record<string, string>>;

/** The ConfigMap cannot be used; the message names the key, and says what it should be. */
export class ProfileError extends Error {
  override readonly name = 'ProfileError';
}

export const emptyProfile: EciProfile = {
  vSwitchIds: [],
  securityGroupId: undefined,
  resourceGroupId: undefined,
  selectors: [],
  ignored: [],
};

/** Keys with a meaning here, old names included. */
const honoured: ReadonlySet<string> = new Set([
  'vSwitchIds',
  'vswitch',
  'securityGroupId',
  'securitygroup',
  'resourceGroupId',
  'selectors',
]);
const maxVSwitches = 10;

/** Reads the ConfigMap's data. Throws `ProfileError`. */
export function parseProfile(data: Labels): EciProfile {
  const vSwitchIds = listOf(data, data['vSwitchIds'] === undefined ? 'vswitch' : 'vSwitchIds');
  if (vSwitchIds.length > maxVSwitches) throw new ProfileError(`vSwitchIds: there are more than ${maxVSwitches}`);
  return {
    vSwitchIds,
    securityGroupId: idOf(data, 'securityGroupId') ?? idOf(data, 'securitygroup'),
    resourceGroupId: idOf(data, 'resourceGroupId'),
    selectors: selectorsOf(data['selectors']),
    ignored: Object.keys(data).filter((key) => !honoured.has(key) || (key === 'vswitch' && 'vSwitchIds' in data)),
  };
}

function listOf(data: Labels, key: string): string[] {
  const ids = (data[key] ?? '').split(',').flatMap((id) => id.trim() || []);
  const wrong = ids.find((id) => !isId(id));
  if (wrong !== undefined) throw new ProfileError(`${key}: "${wrong}" is no id, such as vsw-bp1a2b3c`);
  return [...new Set(ids)];
}

function idOf(data: Labels, key: string): string | undefined {
  const id = data[key]?.trim();
  if (!id) return undefined;
  if (isId(id)) return id;
  throw new ProfileError(`${key}: "${id}" is no id, such as sg-bp1a2b3c`);
}

const isId = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/.test(text);

function selectorsOf(text: string | undefined): Selector[] {
  if (text === undefined || text.trim() === '') return [];
  let items: unknown;
  try {
    items = JSON.parse(text);
  } catch (error) {
    throw new ProfileError(`selectors: not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!Array.isArray(items)) throw new ProfileError('selectors: not a JSON array');
  return items.map((item: unknown, index) => selectorOf(item, `selectors[${index}]`));
}

function selectorOf(item: unknown, path: string): Selector {
  const fields = objectOf(item, path) ?? {};
  const { name } = fields;
  if (typeof name !== 'string' || name === '') throw new ProfileError(`${path}.name: must be a name`);
  const matchOf = (key: string): Labels | undefined => {
    const selector = objectOf(fields[key], `${path}.${key}`);
    if (selector === undefined) return undefined;
    const strange = Object.keys(selector).find((each) => each !== 'matchLabels');
    if (strange !== undefined) throw new ProfileError(`${path}.${key}.${strange}: only matchLabels can be used`);
    return textsOf(selector['matchLabels'], `${path}.${key}.matchLabels`);
  };
  const effect = objectOf(fields['effect'], `${path}.effect`) ?? {};
  return {
    name,
    namespaceLabels: matchOf('namespaceSelector'),
    podLabels: matchOf('objectSelector'),
    annotations: textsOf(effect['annotations'], `${path}.effect.annotations`),
    labels: textsOf(effect['labels'], `${path}.effect.labels`),
  };
}

function objectOf(value: unknown, path: string): Readonly<Record<string, unknown>> | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) throw new ProfileError(`${path}: must be an object`);
  return value as Readonly<Record<string, unknown>>;
}

function textsOf(value: unknown, path: string): Labels {
  const texts = objectOf(value, path) ?? {};
  const wrong = Object.entries(texts).find(([, text]) => typeof text !== 'string');
  if (wrong) throw new ProfileError(`${path}[${JSON.stringify(wrong[0])}]: must be a text`);
  return texts as Labels;
}
