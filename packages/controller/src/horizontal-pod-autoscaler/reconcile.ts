import { hpaClass, isNotFound, parseScalingSettings, resources } from '@ebb/api';
import { controllerOf } from '@ebb/kube';
import { reconcileChild } from '../children.ts';
import type { Work } from '../context.ts';
import { isDeleting } from '../metadata.ts';
import { fixHorizontalPodAutoscaler, makeHorizontalPodAutoscaler } from './resources.ts';

/** Keeps a HorizontalPodAutoscaler for a PodAutoscaler of class `hpa`, and for no other. */
export async function reconcileHorizontalPodAutoscaler(
  work: Work,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<void> {
  const { informers, config, client, signal } = work;
  const podAutoscaler = informers.podAutoscalers.get(namespace, name);
  if (!podAutoscaler || isDeleting(podAutoscaler)) return;
  const settings = config.current.autoscaler;
  if (parseScalingSettings(podAutoscaler.metadata.annotations ?? {}, settings).class === hpaClass) {
    await reconcileChild(
      work,
      { resource: resources.horizontalPodAutoscalers, informer: informers.horizontalPodAutoscalers, quiet: true },
      {
        parent: podAutoscaler,
        make: () => makeHorizontalPodAutoscaler(podAutoscaler, settings),
        fix: fixHorizontalPodAutoscaler,
      },
    );
    return;
  }
  const live = informers.horizontalPodAutoscalers.get(namespace, name);
  if (!live || controllerOf(live)?.uid !== podAutoscaler.metadata.uid || isDeleting(live)) return;
  try {
    await client.delete(resources.horizontalPodAutoscalers, { namespace, name }, { signal });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
