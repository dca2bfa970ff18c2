/**
 * How many of a pod's slots are one gateway's. For any one list of gateways the shares of a pod add up to its container
 * concurrency exactly. What cannot be divided evenly falls, pod by pod, to those with the highest score for that pod (rendezvous
 * hashing): no gateway is favoured over all pods, and when one comes or goes only what is its own changes hands.
 *
 * @param gateways Names, each once, in any order; one that is not among them has no share.
 * @param pod `namespace/name`.
 */
export function shareOf(
  gateways: readonly string[],
  gateway: string,
  containerConcurrency: number,
  pod: string,
): number {
  if (!gateways.includes(gateway)) return 0;
  const even = Math.floor(containerConcurrency / gateways.length);
  const rest = containerConcurrency % gateways.length;
  if (rest === 0) return even;
  const podHash = hashOf(pod);
  const own = scoreOf(gateway, podHash);
  let before = 0;
  for (const other of gateways) {
    const score = scoreOf(other, podHash);
    if (score > own || (score === own && other < gateway)) before++;
  }
  return before < rest ? even + 1 : even;
}

function scoreOf(gateway: string, podHash: number): number {
  return mix(hashOf(gateway) ^ podHash);
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mix(hash);
}

/** Spreads each bit over all others: the last step of MurmurHash3. */
function mix(bits: number): number {
  let hash = bits ^ (bits >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
