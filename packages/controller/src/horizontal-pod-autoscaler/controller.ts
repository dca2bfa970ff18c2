import { merge } from 'rxjs';
import type { Context, Controller } from '../context.ts';
import { createController } from '../create-controller.ts';
import { allKeysOn, controllerKeys, ownKeys } from '../watches.ts';
import { reconcileHorizontalPodAutoscaler } from './reconcile.ts';

/** Keeps a HorizontalPodAutoscaler for every PodAutoscaler of class `hpa` (autoscaling.md, section 18). */
export function createHorizontalPodAutoscalerController(context: Context): Controller {
  const { podAutoscalers, horizontalPodAutoscalers } = context.informers;
  return createController(context, {
    name: 'horizontal-pod-autoscaler',
    informer: podAutoscalers,
    reconcile: reconcileHorizontalPodAutoscaler,
    keys: merge(
      ownKeys(podAutoscalers),
      controllerKeys(horizontalPodAutoscalers, 'PodAutoscaler'),
      allKeysOn(context.config.changes, podAutoscalers),
    ),
  });
}
