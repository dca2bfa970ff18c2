import type { ServingConfig } from '../config/serving-config.ts';
import type { FieldError } from '../field-error.ts';

/** What validation looks at besides the object itself. */
export interface ValidationContext {
  readonly config: Pick<ServingConfig, 'defaults' | 'features' | 'autoscaler'>;
}

export type Findings = readonly FieldError[];
