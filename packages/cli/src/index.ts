export { type Platform, type PlatformOptions, startPlatform } from './platform/platform.ts';
export type {
  ComponentName,
  ComponentsOptions,
  GatewaySettings,
  ListenAt,
  ReplicaSettings,
  VirtualNodeSettings,
  WebhookSettings,
} from './platform/component-options.ts';
export { type RunningComponents, startComponents } from './platform/start-components.ts';
export { type LocalEciSettings, type RunningLocalEci, startLocalEci } from './platform/local-eci.ts';
export { type EciPanel, type PanelAddress, connectPanel } from './client/eci-panel.ts';
export { announcePort } from './platform/config.ts';
export { type Apps, createApps } from './dev/apps.ts';
export { type ManifestObject, parseManifest } from './dev/manifests.ts';
export { type Applied, applyObject } from './client/apply.ts';
export { runProgram } from './program.ts';
export type { Io } from './io.ts';
