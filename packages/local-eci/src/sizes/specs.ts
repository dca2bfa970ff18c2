/** The size of an instance: vCPUs and GiB. */
export interface Size {
  readonly cpu: number;
  readonly memory: number;
}

/** Memory choices by vCPU, everywhere (serverless-node.md, section 2.6). */
const everywhere: readonly (readonly [cpu: number, memory: readonly number[]])[] = [
  [0.25, [0.5, 1]],
  [0.5, [1, 2]],
  [1, [2, 4, 8]],
  [2, [1, 2, 4, 8, 16]],
  [4, [2, 4, 8, 16, 32]],
  [8, [4, 8, 16, 32, 64]],
  [12, [12, 24, 48, 96]],
  [16, [16, 32, 64, 128]],
  [24, [24, 48, 96, 192]],
  [32, [32, 64, 128, 256]],
  [52, [96, 192, 384]],
  [64, [128, 256, 512]],
];

const even = (from: number, to: number): number[] =>
  Array.from({ length: (to - from) / 2 + 1 }, (_, index) => from + 2 * index);

/** What some regions sell beside that, though not as spot instances. */
const inBetween: readonly (readonly [cpu: number, memory: readonly number[]])[] = [
  [2, [6, 10, 12, 14]],
  [4, [6, 10, 12, 14, ...even(18, 30)]],
  [6, even(6, 48)],
  [8, [10, 12, 14, ...even(18, 62)]],
];

/** Regions with the finer choice; the local one is like Hangzhou. */
const fineRegions: ReadonlySet<string> = new Set([
  'local',
  'cn-hangzhou',
  'cn-shanghai',
  'cn-qingdao',
  'cn-beijing',
  'cn-zhangjiakou',
  'cn-huhehaote',
  'cn-wulanchabu',
  'cn-shenzhen',
  'cn-heyuan',
  'cn-guangzhou',
  'cn-chengdu',
  'ap-southeast-1',
]);

/** Every spec sold in a region, by vCPU and then memory. */
export function specsOf(regionId: string, { spot = false }: { readonly spot?: boolean } = {}): readonly Size[] {
  const rows = fineRegions.has(regionId) && !spot ? [...everywhere, ...inBetween] : everywhere;
  return rows
    .flatMap(([cpu, choices]) => choices.map((memory) => ({ cpu, memory })))
    .filter(({ cpu }) => !spot || cpu >= 2)
    .toSorted((a, b) => a.cpu - b.cpu || a.memory - b.memory);
}

const tables = new Map<string, readonly Size[]>();

/**
 * The spec an instance of this size is made and billed as: the least vCPU that has a memory choice large enough, then the least
 * memory. 3 vCPU and 6 GiB give 4 and 6, 7 and 13 give 8 and 14. `undefined` if none is large enough.
 */
export function roundUp(asked: Size, regionId: string, options: { readonly spot?: boolean } = {}): Size | undefined {
  const key = `${regionId} ${options.spot ?? false}`;
  let specs = tables.get(key);
  if (!specs) tables.set(key, (specs = specsOf(regionId, options)));
  return specs.find(({ cpu, memory }) => cpu >= asked.cpu && memory >= asked.memory);
}
