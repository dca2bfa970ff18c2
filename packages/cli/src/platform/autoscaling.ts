import type { StatSink } from '@ebb/api';
import {
  type Autoscaler,
  type AutoscalerOptions,
  type RevisionWhy,
  type WhyQuery,
  createAutoscaler,
} from '@ebb/autoscaler';
import type { Exposition } from '@ebb/base/metrics';
import type { Component } from './components.ts';

/** The autoscaler of this process, of which there may be one after another as leases come and go. */
export interface Autoscaling {
  /** Makes the autoscaler of the next term. */
  create(): Component;
  /** Takes the reports of gateways; `undefined` while none works here. */
  sink(): StatSink | undefined;
  /** Tells how revisions are scaled; nothing while none works here. */
  metrics(out: Exposition): void;
  /** Why scales are what they are; nothing while none works here. */
  why(query: WhyQuery): readonly RevisionWhy[];
}

export function createAutoscaling(options: AutoscalerOptions): Autoscaling {
  let working: Autoscaler | undefined;
  return {
    sink: () => working?.record,
    why: (query) => working?.why(query) ?? [],
    metrics: (out) => working?.metrics(out),
    create: () => {
      const autoscaler = createAutoscaler(options);
      return {
        synced: autoscaler.synced,
        run: async (context) => {
          working = autoscaler;
          try {
            await autoscaler.run(context);
          } finally {
            working = undefined;
          }
        },
      };
    },
  };
}
