import type { ServingConfig } from '../config/serving-config.ts';

/** What validation looks at besides the object itself. */
export interface ValidationContext {
  readonly config: Pick<ServingConfig, 'defaults' | 'features' | 'autoscaler'>;
}
