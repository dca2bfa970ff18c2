export { type ListenAt, type Platform, type PlatformOptions, startPlatform } from './platform/platform.ts';
export { type Apps, createApps } from './dev/apps.ts';
export { type ManifestObject, parseManifest } from './dev/manifests.ts';
export { type Applied, applyObject } from './client/apply.ts';
export { runProgram } from './program.ts';
export type { Io } from './io.ts';
