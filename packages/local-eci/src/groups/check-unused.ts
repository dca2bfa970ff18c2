import type { Parameters } from '../wire/parameters.ts';

const flags = [
  'AutoCreateEip',
  'AutoMatchImageCache',
  'ContainerResourceView',
  'DataCacheBurstingEnabled',
  'FixedIp',
  'Ipv6GatewayBandwidthEnable',
  'StrictSpot',
] as const;

const numbers = {
  CpuOptionsCore: { min: 1, max: 1024 },
  CpuOptionsThreadsPerCore: { min: 1, max: 2 },
  DataCacheProvisionedIops: { min: 0, max: 50_000 },
  EgressBandwidth: { min: 0, max: 2 ** 53 },
  EipBandwidth: { min: 1, max: 10_000 },
  FixedIpRetainHour: { min: 0, max: 100_000 },
  IngressBandwidth: { min: 0, max: 2 ** 53 },
  Ipv6AddressCount: { min: 0, max: 1 },
  Ipv6GatewayBandwidth: { min: 1, max: 2000 },
} as const;

const words = {
  CpuArchitecture: ['AMD64', 'ARM64'],
  ImageAccelerateMode: ['nydus', 'dadi', 'p2p', 'imc'],
  OsType: ['Linux', 'Windows'],
} as const;

/** Checks what this ECI makes no use of, and the real one would refuse. Throws `EciError` naming what is wrong. */
export function checkUnused(parameters: Parameters): void {
  for (const name of flags) parameters.boolean(name);
  for (const [name, range] of Object.entries(numbers)) parameters.integer(name, range);
  for (const [name, known] of Object.entries(words)) parameters.word<string>(name, known);
}
