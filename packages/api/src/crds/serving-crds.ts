import type { CustomResourceDefinition } from '../crd.ts';
import { internalKinds } from './internal-kinds.ts';
import { makeCrd } from './kind.ts';
import { servingKinds } from './serving-kinds.ts';

/** The CustomResourceDefinitions of Knative's kinds (serving-api.md, section 1), those for users first. */
export function servingCrds(): readonly CustomResourceDefinition[] {
  return [...servingKinds, ...internalKinds].map(makeCrd);
}
