import { mkdtemp, rm } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KubernetesObject, type Pod, type Service, keys, resources } from '@ebb/api';
import { type Clock, silentLogger, systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import { type Platform, applyObject, createApps, parseManifest, startPlatform } from '@ebb/cli';
import { isReady } from '@ebb/kube';
import { type Runtime, createProcessRuntime } from '@ebb/local-eci';
import { namespace, onCluster } from './api.ts';
import { startOnCluster } from './cluster/start-on-cluster.ts';

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A whole Ebb in this process, with the apps of the given folders, on free ports. */
export interface TestPlatform extends AsyncDisposable {
  readonly platform: Platform;
  /** Applies the objects of a manifest text. */
  apply(manifest: string): Promise<void>;
  /** Sends a request to the gateway with this Host. */
  curl(host: string, options?: { readonly path?: string; readonly headers?: Record<string, string> }): Promise<Answer>;
  /** Waits until the Service is ready at its present generation. */
  ready(name: string): Promise<Service>;
  service(name: string): Promise<Service>;
  pods(service: string): Promise<Pod[]>;
}

export interface TestPlatformOptions {
  /** What runs instances. Default: the apps, as processes. */
  readonly runtime?: Runtime;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/** Starts Ebb on the API that the stories are told on, with the apps of these folders. */
export async function startTestPlatform(
  paths: readonly string[],
  { runtime, clock = systemClock }: TestPlatformOptions = {},
): Promise<TestPlatform> {
  const snapshots = await mkdtemp(join(tmpdir(), 'ebb-test-'));
  const apps = await createApps(paths, snapshots);
  const options = {
    gateway: { port: 20_000 + Math.floor(Math.random() * 20_000), strict: false },
    runtime: runtime ?? createProcessRuntime({ images: apps.find, clock: systemClock, logger: silentLogger }),
    digestOf: apps.digestOf,
    clock,
    logger: silentLogger,
    random: Math.random,
  };
  const api = { port: 20_000 + Math.floor(Math.random() * 20_000), strict: false };
  const platform = onCluster
    ? await startOnCluster(options)
    : await startPlatform({ ...options, api, domain: 'localhost' });
  const { client } = platform;
  const known = { Service: resources.services, ConfigMap: resources.configMaps } as const;
  const service = (name: string): Promise<Service> => client.get(resources.services, { namespace, name });
  return {
    platform,
    service,
    apply: async (manifest) => {
      for (const { object } of parseManifest(manifest, 'test.yaml')) {
        const resource = known[object.kind as keyof typeof known] as typeof resources.services;
        await applyObject(client, resource, object as KubernetesObject as Service, { namespace });
      }
    },
    curl: (host, { path = '/', headers = {} } = {}) => curl(platform.gateway.port, host, { path, headers }),
    ready: (name) =>
      eventually(
        async () => {
          const found = await service(name);
          if (isReady(found)) return found;
          throw new Error(JSON.stringify(found.status, null, 1));
        },
        { what: `Service ${name} ready`, timeoutMs: 40_000 },
      ),
    pods: async (name) =>
      (await client.list(resources.pods, { namespace, labelSelector: `${keys.service}=${name}` })).items,
    [Symbol.asyncDispose]: async () => {
      await platform[Symbol.asyncDispose]();
      await rm(snapshots, { recursive: true, force: true });
    },
  };
}

export interface CurlOptions {
  readonly path: string;
  readonly headers: Record<string, string>;
}

export function curl(port: number, host: string, { path, headers }: CurlOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, headers: { host, ...headers }, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}
