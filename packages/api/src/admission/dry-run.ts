import { keys } from '../keys.ts';
import type { ObjectMeta } from '../meta.ts';
import type { RevisionSpec } from '../serving.ts';
import { checkDns1123Label } from '../validation/names.ts';

/**
 * What an API server would say to a Pod made from the template, `undefined` if it takes it (serving-api.md, section 2). Only what
 * validation of the template leaves open is looked at: the names of containers. The template of a Configuration that belongs to a
 * Service has been tried with the Service.
 */
export function tryTemplate({ labels = {} }: ObjectMeta, { containers }: RevisionSpec): string | undefined {
  if (labels[keys.service] !== undefined) return undefined;
  const wrong = containers.flatMap(({ name }, index) =>
    checkDns1123Label(name).map(
      (text) => `spec.containers[${index}].name: Invalid value: ${JSON.stringify(name)}: ${text}`,
    ),
  );
  if (wrong.length === 0) return undefined;
  const errors = wrong.length === 1 ? wrong.join('') : `[${wrong.join(', ')}]`;
  return `dry run failed with Pod "dry-run-validation" is invalid: ${errors}: spec.template`;
}
