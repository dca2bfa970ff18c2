import { Activator, type Lease } from '@ebb/activator';
import { silentLogger, systemClock } from '@ebb/base';
import { bench, do_not_optimize, group, summary } from 'mitata';

const revision = 'default/shop-00001';

/** An activator with one revision of ready instances. */
function warm(pods: number, containerConcurrency: number): Activator {
  const activator = new Activator({
    clock: systemClock,
    logger: silentLogger,
    random: () => Math.random(),
    gateway: 'bench',
    sendStats: () => {},
    attempt: () => Promise.resolve(true),
  });
  activator.setRevision(revision, {
    containerConcurrency,
    readiness: { kind: 'tcp', timeoutMs: 1000, successThreshold: 1, initialDelayMs: 0 },
  });
  for (let i = 0; i < pods; i++) {
    activator.setPod(revision, {
      name: `pod-${i}`,
      address: { host: '127.0.0.1', port: 9000 + i },
      ready: true,
      draining: false,
    });
  }
  return activator;
}

const nobody = { granted: (lease: Lease): void => lease.release(), refused: (): void => {} };

/** A slot taken and given back must cost the same with one instance and with a thousand. */
export function activatorBenches(): void {
  for (const containerConcurrency of [0, 1, 10]) {
    group(`activator: acquire and release, containerConcurrency ${containerConcurrency}`, () => {
      summary(() => {
        for (const pods of [1, 10, 1000]) {
          const activator = warm(pods, containerConcurrency);
          bench(`${pods} pod${pods > 1 ? 's' : ''}`, () => {
            const lease = activator.enter(revision, nobody);
            if ('release' in lease) {
              lease.responded();
              lease.release();
            }
            do_not_optimize(lease);
          });
        }
      });
    });
  }
}
