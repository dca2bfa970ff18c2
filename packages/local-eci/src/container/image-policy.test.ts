import { describe, expect, it } from 'vitest';
import { ImageError } from '../lifecycle/sandbox.ts';
import type { SecuritySpec } from '../model.ts';
import { ensureImage, registryOf } from './image-policy.ts';

const { signal } = new AbortController();

interface Trial {
  readonly image?: string;
  readonly imagePullPolicy?: string;
  readonly security?: SecuritySpec;
  /** The user of the image on the machine; undefined if it is not there. */
  readonly there?: string;
}

/** What was pulled, as whom; or the reason it could not be. */
async function ensure({ image = 'registry.example/app', security = {}, there, ...rest }: Trial): Promise<string> {
  let user = there;
  let pulled = 'not pulled';
  const engine = {
    image: () => Promise.resolve(user === undefined ? undefined : { id: 'sha256:1', user }),
    pull: (_name: string, credential?: { readonly userName: string }) => {
      pulled = `pulled as ${credential?.userName ?? 'nobody'}`;
      user = '';
      return Promise.resolve();
    },
  };
  const credentials = [
    { server: 'https://registry.example/v2', userName: 'robot', password: 'p' },
    { server: 'https://index.docker.io/v1/', userName: 'me', password: 'p' },
  ];
  try {
    let isFetched = false;
    const onFetch = (): void => void (isFetched = true);
    await ensureImage(engine, { name: 'web', image, security, ...rest }, { credentials, signal, onFetch });
    return isFetched ? pulled : 'not pulled';
  } catch (error) {
    if (error instanceof ImageError) return error.reason;
    throw error;
  }
}

describe('an image', () => {
  it.each([
    ['is pulled if it is not there', {}, 'pulled as robot'],
    ['is not pulled if it is', { there: '' }, 'not pulled'],
    ['is pulled always if so asked', { there: '', imagePullPolicy: 'Always' }, 'pulled as robot'],
    [
      'is not pulled again by its digest',
      { there: '', imagePullPolicy: 'Always', image: 'a.b/c@sha256:1' },
      'not pulled',
    ],
    ['has a name', { image: 'UPPER/x y' }, 'InvalidImageName'],
    ['may be at a port, with tag and digest', { image: 'localhost:5000/a/b_c:v1@sha256:0a', there: '' }, 'not pulled'],
    ['is never pulled if so asked', { imagePullPolicy: 'Never' }, 'ErrImageNeverPull'],
    [
      'that was built here is not pulled',
      { image: 'dev.local/app', there: '', imagePullPolicy: 'Always' },
      'not pulled',
    ],
    ['that should have been built here is not to be had', { image: 'dev.local/app' }, 'ErrImagePull'],
    ['of Docker Hub is pulled as its user', { image: 'nginx' }, 'pulled as me'],
    ['of another registry is pulled as nobody', { image: 'other.example/app' }, 'pulled as nobody'],
    ['may not be root’s if so asked', { there: '', security: { runAsNonRoot: true } }, 'CreateContainerConfigError'],
    [
      'may not be of a user without a number',
      { there: 'app', security: { runAsNonRoot: true } },
      'CreateContainerConfigError',
    ],
    ['may be another’s', { there: '1000:1000', security: { runAsNonRoot: true } }, 'not pulled'],
    [
      'may be root’s if it is run as another',
      { there: '', security: { runAsNonRoot: true, runAsUser: 7 } },
      'not pulled',
    ],
  ])('%s', async (_what, trial, result) => {
    expect(await ensure(trial)).toBe(result);
  });

  it.each([
    ['nginx', 'docker.io'],
    ['library/nginx', 'docker.io'],
    ['localhost/app', 'localhost'],
    ['127.0.0.1:5000/app:1', '127.0.0.1:5000'],
    ['ghcr.io/a/b@sha256:0', 'ghcr.io'],
  ])('%s is of registry %s', (image, registry) => {
    expect(registryOf(image)).toBe(registry);
  });
});
