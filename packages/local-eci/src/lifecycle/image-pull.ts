import type { Clock } from '@ebb/base';
import type { ContainerSpec } from '../model.ts';
import type { GroupHost } from '../runtime.ts';
import { ImageError, type Sandbox } from './sandbox.ts';

interface Options {
  readonly spec: ContainerSpec;
  readonly sandbox: Pick<Sandbox, 'pull'>;
  readonly host: GroupHost;
  readonly clock: Clock;
  /** Wait after the n-th failure, from 1. */
  readonly imageRetryMs: (failures: number) => number;
  /** Shows why the container is not there yet. */
  readonly wait: (reason: string, message: string) => void;
}

/**
 * Tries for a container's image until it is there. Undefined if aborted before that. Any failure but an `ImageError` is told
 * like one: what an engine says about an image is not for us to tell apart.
 */
export async function pullImage(
  options: Options,
  signal: AbortSignal,
): Promise<{ readonly imageId: string | undefined } | undefined> {
  const { spec, sandbox, host, clock, imageRetryMs, wait } = options;
  for (let failures = 1; !signal.aborted; failures += 1) {
    let fetchingSinceMs: number | undefined;
    const onFetch = (): void => {
      fetchingSinceMs = clock.now();
      host.event({ type: 'Normal', reason: 'Pulling', message: `Pulling image "${spec.image}"` });
    };
    try {
      const imageId = await sandbox.pull(spec, { signal, credentials: host.imageCredentials(), onFetch });
      if (fetchingSinceMs !== undefined) {
        const took = `${(clock.now() - fetchingSinceMs) / 1000}s`;
        host.event({
          type: 'Normal',
          reason: 'Pulled',
          message: `Successfully pulled image "${spec.image}" in ${took}`,
        });
      }
      return { imageId };
    } catch (cause) {
      if (signal.aborted) return undefined;
      const error = cause instanceof ImageError ? cause : new ImageError(String(cause), { cause });
      tell(error, failures, { spec, host, wait });
    }
    await clock.sleep(imageRetryMs(failures), { signal }).catch(() => {}); // aborted: the loop ends
  }
  return undefined;
}

function tell(
  { reason, message }: ImageError,
  failures: number,
  { spec, host, wait }: Pick<Options, 'spec' | 'host' | 'wait'>,
): void {
  if (failures === 1) {
    host.event({ type: 'Warning', reason: 'Failed', message: `Failed to pull image "${spec.image}": ${message}` });
  }
  if (failures === 1 || reason !== 'ErrImagePull') return wait(reason, message);
  return wait('ImagePullBackOff', `Back-off pulling image "${spec.image}": ${reason}: ${message}`);
}
