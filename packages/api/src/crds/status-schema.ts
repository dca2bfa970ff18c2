import type { Schema } from '../crd.ts';
import { flag, int32, int64, list, object, text, textMap } from './schema.ts';

const condition = object(
  'Something that holds or does not.',
  {
    type: text('What it is about.'),
    status: text('True, False or Unknown.'),
    severity: text('Empty if it counts for Ready, else Info.'),
    lastTransitionTime: text('When it last changed.'),
    reason: text('Why, in one word.'),
    message: text('Why, in words for people.'),
  },
  { required: ['type', 'status'] },
);

/** Fields every status has (serving-api.md, section 5). */
export const commonStatus: Record<string, Schema> = {
  observedGeneration: int64('The generation this status is about.'),
  conditions: list('What holds now; Ready sums it up.', condition),
  annotations: textMap('More about the status.'),
};

/** A share of the traffic (serving-api.md, section 5). */
export const trafficSchema: Schema = object('A share of the traffic.', {
  tag: text('Gives this target a host of its own: <tag>-<service>.'),
  revisionName: text('The Revision that gets it.'),
  configurationName: text('The Configuration whose latest ready Revision gets it.'),
  latestRevision: flag('Whether the latest ready Revision gets it, whichever that is.'),
  percent: int64('How much, of 100.'),
  url: text("The target's own URL, where it has a tag; output only."),
});

export const configurationStatus: Record<string, Schema> = {
  latestCreatedRevisionName: text('The Revision made last.'),
  latestReadyRevisionName: text('The newest Revision that became ready.'),
};

export const routeStatus: { readonly url: Schema; readonly address: Schema; readonly traffic: Schema } = {
  url: text('Where it is reached from outside.'),
  address: object('Where it is reached from inside the cluster.', { url: text('The address.') }),
  traffic: list('How the traffic is split now.', trafficSchema),
};

const containerDigest = object('A container and its image.', {
  name: text('The container.'),
  imageDigest: text('The image, by digest.'),
});

export const revisionStatus: Record<string, Schema> = {
  logUrl: text('Where its logs are.'),
  containerStatuses: list('Containers and the digests of their images.', containerDigest),
  initContainerStatuses: list('Init containers and the digests of their images.', containerDigest),
  actualReplicas: int32('Instances that are ready.'),
  desiredReplicas: int32('Instances wanted.'),
};
