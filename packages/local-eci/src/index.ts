export { type LocalEci, type LocalEciOptions, createLocalEci } from './local-eci.ts';
export { type AccessKey } from './wire/signature.ts';
export { type ProcessRuntimeOptions, createProcessRuntime } from './process/runtime.ts';
export { type ContainerRuntimeOptions, openContainerRuntime } from './container/runtime.ts';
export type { NameServer } from './container/config.ts';
export { type EngineAddress, findEngine } from './container/engine-api.ts';
export { type AppFolder, appNameOf, findApps } from './process/apps.ts';
export {
  type Duration,
  type SimulatedRuntimeOptions,
  type SimulatedTiming,
  createSimulatedRuntime,
} from './simulated/runtime.ts';
export type { GroupEvent, GroupHost, Instance, LogLine, Runtime } from './runtime.ts';
export type { ContainerState, ContainerStatus, GroupPhase, GroupSpec, GroupState } from './model.ts';
export { type BillItem, type BillOptions, type Usage, makeBill } from './billing/bill.ts';
export { parseCoupon } from './billing/coupon.ts';
export { type Currency, pricePerSecond } from './billing/prices.ts';
export { sizeOfType } from './sizes/instance-types.ts';
export { type Size, roundUp } from './sizes/specs.ts';
