import { randomBytes } from 'node:crypto';
import { eventually } from '@ebb/base/testing';
import { describe, expect, it } from 'vitest';
import type { GroupEvent, GroupHost, GroupSpec, Instance, Runtime } from '../src/index.ts';

export interface RuntimeUnderTest extends AsyncDisposable {
  readonly runtime: Runtime;
  /** A group it can run. */
  readonly spec: GroupSpec;
}

/** Whether the group answers there; not whether anything does, for an address that is nobody's may lead anywhere. */
function serves(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(1000) }).then(
    ({ ok }) => ok,
    () => false,
  );
}

function urlOf({ state }: Instance): string {
  return `http://${state.ip}:${state.containers[0]?.ports[0]}/`;
}

/** An id that no other group of this machine has: of an engine's containers there may be those of other tests, and of tries that failed. */
export const newId = (): string => `eci-${randomBytes(6).toString('hex')}`;

/** A host that remembers. */
export function makeHost(): GroupHost & { readonly events: GroupEvent[]; changes: number } {
  const events: GroupEvent[] = [];
  const host = {
    events,
    changes: 0,
    changed: () => {
      host.changes += 1;
    },
    event: (event: GroupEvent) => {
      events.push(event);
    },
    imageCredentials: () => [],
  };
  return host;
}

/** What every runtime promises. */
export function describeRuntime(name: string, make: () => Promise<RuntimeUnderTest>): void {
  describe(`the ${name} runtime`, () => {
    it('takes a group from Scheduling to Running and ready, with an address', async () => {
      await using tested = await make();
      const host = makeHost();
      const instance = tested.runtime.create(newId(), tested.spec, host);
      expect(['Scheduling', 'Pending']).toContain(instance.state.phase);
      await eventually(() => instance.state.containers[0]?.ready);
      expect(instance.state).toMatchObject({ phase: 'Running', ip: expect.stringMatching(/^[\d.]+$/) });
      expect(instance.state.containers[0]).toMatchObject({
        name: 'web',
        restartCount: 0,
        current: { state: 'Running' },
      });
      expect(host.changes).toBeGreaterThan(0);
    });

    // Of processes on Linux only.
    it.skipIf(process.platform !== 'linux')('tells what running containers use', async () => {
      await using tested = await make();
      const instance = tested.runtime.create(newId(), tested.spec, makeHost());
      const used = await eventually(async () => (await instance.usage())[0]);
      expect(used.name).toBe('web');
      expect(used.memoryBytes).toBeGreaterThan(0);
    });

    it('serves at the address and port it tells, others for each group', async () => {
      await using tested = await make();
      const instances = [newId(), newId()].map((id) => tested.runtime.create(id, tested.spec, makeHost()));
      await eventually(() => instances.every(({ state }) => state.containers[0]?.ready));
      const urls = instances.map(urlOf);
      expect(new Set(urls).size).toBe(2);
      for (const url of urls) expect(await eventually(() => serves(url))).toBe(true);
    });

    it('stops a group so that its port is closed, however often it is told', async () => {
      await using tested = await make();
      const instance = tested.runtime.create(newId(), tested.spec, makeHost());
      await eventually(() => instance.state.containers[0]?.ready);
      const url = urlOf(instance);
      await Promise.all([instance.stop(), instance.stop()]);
      expect(await serves(url)).toBe(false);
      expect(instance.state.containers[0]?.ready ?? false).toBe(false);
    });

    it('stops a group that has only just begun', async () => {
      await using tested = await make();
      const instance = tested.runtime.create(newId(), tested.spec, makeHost());
      await instance.stop();
      expect(instance.state.containers[0]?.ready ?? false).toBe(false);
    });

    it('restarts a group', async () => {
      await using tested = await make();
      const instance = tested.runtime.create(newId(), tested.spec, makeHost());
      await eventually(() => instance.state.containers[0]?.ready);
      await instance.restart(tested.spec);
      expect(await eventually(() => instance.state.containers[0]?.ready)).toBe(true);
    });

    it('has a log of each container, and of no other', async () => {
      await using tested = await make();
      const instance = tested.runtime.create(newId(), tested.spec, makeHost());
      await eventually(() => instance.log('web', 'current'));
      expect(instance.log('other', 'current')).toBeUndefined();
    });

    it('leaves nothing when it is closed', async () => {
      await using tested = await make();
      const instance = tested.runtime.create(newId(), tested.spec, makeHost());
      await eventually(() => instance.state.containers[0]?.ready);
      const url = urlOf(instance);
      await tested.runtime.close();
      expect(await serves(url)).toBe(false);
    });
  });
}

/** A group of one container named `web`. */
export function makeSpec(
  container: Partial<GroupSpec['containers'][number]> = {},
  group: Partial<GroupSpec> = {},
): GroupSpec {
  return {
    name: 'default-web',
    regionId: 'cn-hangzhou',
    cpu: 1,
    memory: 2,
    instanceTypes: [],
    vSwitchIds: [],
    scheduleRandom: false,
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 5,
    maxPendingMinutes: 240,
    initContainers: [],
    containers: [
      {
        name: 'web',
        image: 'dev.local/app',
        command: [],
        args: [],
        env: [],
        ports: [{ port: 8080, protocol: 'TCP' }],
        volumeMounts: [],
        security: {},
        terminationMessagePolicy: 'FallbackToLogsOnError',
        ...container,
      },
    ],
    volumes: [],
    imageCredentials: [],
    tags: [],
    labels: {},
    ...group,
  };
}

/** A readiness probe that asks for the port the group declared. */
export const readiness: NonNullable<GroupSpec['containers'][number]['readinessProbe']> = {
  action: { kind: 'http', path: '/', port: 8080, scheme: 'HTTP' },
  initialDelaySeconds: 0,
  periodSeconds: 1,
  timeoutSeconds: 1,
  successThreshold: 1,
  failureThreshold: 3,
};
