import { AnnotationError, eciPrefix } from './annotations.ts';
import { type EciProfile, ProfileError } from './profile.ts';
import { readSettings } from './settings.ts';

/** What a pod may have of its own, that a selector's annotations need beside them. */
const beside = {
  [`${eciPrefix}eci-spot-price-limit`]: '1',
  [`${eciPrefix}acr-instance-ids`]: Array.from({ length: 20 }, (_, index) => `cri-${index}`).join(','),
};
const anySize = { cpu: 2, memory: 4 };

/** Throws `ProfileError` for annotations of selectors that would refuse each pod they are added to. */
export function checkSelectors(profile: EciProfile): void {
  for (const [index, { annotations }] of profile.selectors.entries()) {
    try {
      readSettings({ ...beside, ...annotations }, profile, anySize);
    } catch (error) {
      if (!(error instanceof AnnotationError)) throw error;
      throw new ProfileError(`selectors[${index}].effect.annotations: ${error.message}`, { cause: error });
    }
  }
}
