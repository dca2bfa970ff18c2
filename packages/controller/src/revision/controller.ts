import { keys, resources } from '@ebb/api';
import { merge } from 'rxjs';
import type { Context, Controller } from '../context.ts';
import { createController } from '../create-controller.ts';
import { allKeysOn, controllerKeys, keyInNamespace, keysFrom, specKeys } from '../watches.ts';
import { reconcileRevision } from './reconcile.ts';

/** Keeps a PodAutoscaler for every Revision and tells how its instances fare (serving-api.md, section 16). */
export function createRevisionController(context: Context): Controller {
  const { revisions, podAutoscalers, pods } = context.informers;
  const ofPods = keysFrom(pods, (pod) => {
    const revision = pod.metadata.labels?.[keys.revision];
    return revision === undefined ? [] : [keyInNamespace(pod, revision)];
  });
  return createController(context, {
    name: 'revision',
    informer: revisions,
    reconcile: reconcileRevision,
    keys: merge(
      specKeys(context, resources.revisions, revisions),
      controllerKeys(podAutoscalers, 'Revision'),
      ofPods,
      allKeysOn(context.config.changes, revisions),
    ),
  });
}
