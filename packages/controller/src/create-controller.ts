import type { KubernetesObject } from '@ebb/api';
import { messageOf } from '@ebb/base';
import { type Informer, type ReconcileResult, createReconciler } from '@ebb/kube';
import type { Observable } from 'rxjs';
import type { Context, Controller, Work } from './context.ts';

export interface ControllerOptions<T extends KubernetesObject> {
  /** Named in logs. */
  readonly name: string;
  /** Where events about failures find the object of a key. */
  readonly informer: Informer<T>;
  readonly keys: Observable<string>;
  readonly reconcile: (
    work: Work,
    key: { readonly namespace: string; readonly name: string },
  ) => Promise<ReconcileResult | void>;
}

/** Keys looked at side by side: a look waits for the API server most of its time. */
const workers = 16;

/**
 * A controller whose failures are logged, told as Warning events `InternalError`, and tried again. One that fails in the
 * same way again tells nothing new.
 */
export function createController<T extends KubernetesObject>(
  context: Context,
  { name, informer, keys, reconcile }: ControllerOptions<T>,
): Controller {
  const { clock, random, events } = context;
  const logger = context.logger.child({ controller: name });
  const told = new Map<string, string>();
  const reconciler = createReconciler({
    name,
    workers,
    clock,
    logger: context.logger, // to which it adds its name itself
    random,
    reconcile: async (key, { signal }) => {
      const result = await reconcile({ ...context, logger, signal }, parseKey(key));
      told.delete(key);
      return result;
    },
    onError: (key, error) => {
      const { namespace, name: objectName } = parseKey(key);
      const object = informer.get(namespace, objectName);
      const message = messageOf(error);
      if (!object) told.delete(key);
      else if (told.get(key) !== message) {
        told.set(key, message);
        events.event(object, 'Warning', 'InternalError', message);
      }
    },
  });
  return { reconciler, keys };
}

function parseKey(key: string): { readonly namespace: string; readonly name: string } {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
