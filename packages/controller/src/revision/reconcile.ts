import {
  type Container,
  type PodAutoscaler,
  type Revision,
  keys,
  parseGoDuration,
  readinessProbeOf,
  resources,
} from '@ebb/api';
import { type ConditionManager, type ReconcileResult, conditionOf } from '@ebb/kube';
import { NotOwnedError, reconcileChild } from '../children.ts';
import type { Work } from '../context.ts';
import { isDeleting } from '../metadata.ts';
import { type StatusDraft, conditionSets, reconcileStatus } from '../reconcile-status.ts';
import { describeProbe } from './describe-probe.ts';
import { fixPodAutoscaler, makePodAutoscaler } from './resources.ts';
import { type Verdict, type WorkloadVerdict, judgeWorkload } from './workload.ts';

/** Sees to the Revision's PodAutoscaler and tells how its instances fare (serving-api.md, section 16). */
export async function reconcileRevision(
  work: Work,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<ReconcileResult> {
  const revision = work.informers.revisions.get(namespace, name);
  if (!revision || isDeleting(revision)) return {};
  return reconcileStatus(work, {
    resource: resources.revisions,
    object: revision,
    conditionSet: conditionSets.revision,
    patient: true,
    reconcile: (conditions, draft) => reconcileWorkload(work, revision, conditions, draft),
    becameHappy: () =>
      work.events.event(revision, 'Normal', 'RevisionReady', 'Revision becomes ready upon all resources being ready'),
  });
}

async function reconcileWorkload(
  work: Work,
  revision: Revision,
  conditions: ConditionManager,
  draft: StatusDraft<Revision>,
): Promise<ReconcileResult> {
  const now = work.clock.now();
  describe(work, revision, draft);
  const { namespace, name = '' } = revision.metadata;
  const known = work.informers.podAutoscalers.get(namespace, name);
  const judged = judge(work, revision, known, now);
  const podAutoscaler = await reconcilePodAutoscaler(work, revision, conditions, judged);
  mark(conditions, 'ContainerHealthy', judged.containerHealthy);
  mark(conditions, 'ResourcesAvailable', judged.resourcesAvailable);
  takeScale(podAutoscaler, conditions, draft);
  return judged.lookAgainMs === undefined ? {} : { requeueAfterMs: judged.lookAgainMs - now };
}

/** What the status tells of the Revision itself: where its logs are and which images it runs. */
function describe(
  { config, digestOf = () => undefined }: Work,
  { metadata, spec }: Revision,
  draft: StatusDraft<Revision>,
): void {
  const { revisionUrlTemplate } = config.current.observability;
  if (revisionUrlTemplate) draft.logUrl = revisionUrlTemplate.replaceAll('${REVISION_UID}', metadata.uid ?? '');
  else delete draft.logUrl;
  const imageOf = ({ name, image = '' }: Container): { name: string; imageDigest?: string } => {
    const imageDigest = image.includes('@sha256:') ? image : digestOf(image);
    return imageDigest === undefined ? { name } : { name, imageDigest };
  };
  draft.containerStatuses ??= spec.containers.map(imageOf);
  if (spec.initContainers?.length) draft.initContainerStatuses ??= spec.initContainers.map(imageOf);
}

function judge(
  { informers, config }: Work,
  revision: Revision,
  podAutoscaler: PodAutoscaler | undefined,
  now: number,
): WorkloadVerdict {
  const { uid = '', creationTimestamp = '', annotations } = revision.metadata;
  const { deployment } = config.current;
  return judgeWorkload(
    {
      pods: informers.pods.byIndex('revisionUID', uid),
      podAutoscaler,
      before: {
        resourcesAvailable: conditionOf(revision.status, 'ResourcesAvailable'),
        containerHealthy: conditionOf(revision.status, 'ContainerHealthy'),
      },
      createdMs: Date.parse(creationTimestamp) || now,
      progressDeadlineMs: parseGoDuration(annotations?.[keys.progressDeadline] ?? '') ?? deployment.progressDeadlineMs,
      alwaysSchedulable: deployment.podIsAlwaysSchedulable,
      probe: describeProbe(readinessProbeOf(revision.spec)),
    },
    now,
  );
}

async function reconcilePodAutoscaler(
  work: Work,
  revision: Revision,
  conditions: ConditionManager,
  judged: WorkloadVerdict,
): Promise<PodAutoscaler> {
  const { podAutoscalers } = work.informers;
  try {
    return await reconcileChild(
      work,
      { resource: resources.podAutoscalers, informer: podAutoscalers, quiet: true },
      {
        parent: revision,
        make: () => makePodAutoscaler(revision, { ...judged, config: work.config.current.autoscaler }),
        fix: fixPodAutoscaler,
      },
    );
  } catch (error) {
    if (error instanceof NotOwnedError) {
      const message = `There is an existing PodAutoscaler "${error.childName}" that we do not own.`;
      conditions.markFalse('ResourcesAvailable', 'NotOwned', message);
    }
    throw error;
  }
}

/** Takes over the numbers of instances, and from the PodAutoscaler's Ready whether the Revision is active. */
function takeScale({ status }: PodAutoscaler, conditions: ConditionManager, draft: StatusDraft<Revision>): void {
  const { actualScale = -1, desiredScale = -1 } = status ?? {};
  if (actualScale >= 0) draft.actualReplicas = actualScale;
  else delete draft.actualReplicas;
  if (desiredScale >= 0) draft.desiredReplicas = desiredScale;
  else delete draft.desiredReplicas;
  mark(conditions, 'Active', conditionOf(status, 'Ready') ?? { status: 'Unknown', reason: 'Deploying' });
}

function mark(conditions: ConditionManager, type: string, { status, reason, message }: Verdict): void {
  if (status === 'True') conditions.markTrue(type, reason, message);
  else if (status === 'False') conditions.markFalse(type, reason ?? '', message);
  else conditions.markUnknown(type, reason, message);
}
