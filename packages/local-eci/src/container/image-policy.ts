import type { ContainerSpec } from '../model.ts';
import { ImageError, type PullOptions } from '../lifecycle/sandbox.ts';
import type { Engine, EngineImage } from './engine.ts';

/** Registries that are none: what is named after them was built here (Knative skips the same for digests). */
const localRegistries: ReadonlySet<string> = new Set(['dev.local', 'ko.local', 'kind.local', 'localhost']);

/** Host and port, path, tag, digest. */
const imageName =
  /^(?:[a-zA-Z0-9.-]+(?::\d+)?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::\w[\w.-]{0,127})?(?:@[a-z0-9+._-]+:[a-fA-F0-9]+)?$/;

type Container = Pick<ContainerSpec, 'image' | 'imagePullPolicy' | 'security' | 'name'>;

/** Has a container's image there, by its pull policy. Rejects with `ImageError`. */
export async function ensureImage(
  engine: Pick<Engine, 'image' | 'pull'>,
  container: Container,
  { credentials, signal, onFetch }: PullOptions,
): Promise<EngineImage> {
  const { image, imagePullPolicy: policy = 'IfNotPresent' } = container;
  if (!imageName.test(image)) {
    throw new ImageError(`"${image}" is no name of an image`, { reason: 'InvalidImageName' });
  }
  const found = await ask(engine.image(image));
  const isFixed = localRegistries.has(registryOf(image)) || image.includes('@sha256:');
  if (found && (policy !== 'Always' || isFixed)) return checkUser(found, container);
  if (policy === 'Never') {
    const message = `Container image "${image}" is not present with pull policy of Never`;
    throw new ImageError(message, { reason: 'ErrImageNeverPull' });
  }
  if (localRegistries.has(registryOf(image))) {
    throw new ImageError(`the image was not built on this machine: ${registryOf(image)} is no registry to pull from`);
  }
  const credential = credentials.find(({ server }) => hostOf(server) === registryOf(image));
  onFetch();
  await ask(engine.pull(image, credential, signal));
  const pulled = await ask(engine.image(image));
  if (!pulled) throw new ImageError('it was pulled, and is not there');
  return checkUser(pulled, container);
}

/** The host of the registry an image comes from. */
export function registryOf(image: string): string {
  const [first = '', ...rest] = image.split('/');
  return rest.length > 0 && (/[.:]/.test(first) || first === 'localhost') ? first : 'docker.io';
}

/** Docker Hub is known by several names. */
function hostOf(server: string): string {
  const host = server.replace(/^https?:\/\//, '').split('/')[0] ?? '';
  return host === 'index.docker.io' || host === 'registry-1.docker.io' ? 'docker.io' : host;
}

function checkUser(image: EngineImage, { security, name }: Container): EngineImage {
  if (!security.runAsNonRoot) return image;
  const user = security.runAsUser === undefined ? (image.user.split(':')[0] ?? '') : String(security.runAsUser);
  if (/^[1-9]\d*$/.test(user)) return image;
  const why =
    user === '' || /^0+$/.test(user)
      ? `container has runAsNonRoot and image will run as root (container: ${name})`
      : `container has runAsNonRoot and image has non-numeric user (${user}), cannot verify user is non-root (container: ${name})`;
  throw new ImageError(why, { reason: 'CreateContainerConfigError' });
}

async function ask<T>(call: Promise<T>): Promise<T> {
  return call.catch((cause: unknown) => {
    throw new ImageError(cause instanceof Error ? cause.message : String(cause), { cause });
  });
}
