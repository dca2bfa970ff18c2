import { type FieldError, disallowedFields, fieldError, invalidValue, viaField } from '../field-error.ts';
import type { ObjectMeta } from '../meta.ts';
import { describeDifference, sameMeaning } from '../same-meaning.ts';
import type { RevisionTemplate } from '../serving.ts';
import type { ValidationContext } from './context.ts';
import { checkDns1035Label, checkDns1035Prefix } from './names.ts';
import { validateRevisionSpec } from './revision-spec.ts';
import { validateTemplateAnnotations } from './template-annotations.ts';

interface TemplateContext extends ValidationContext {
  /** Of the Service or Configuration. */
  readonly parent: ObjectMeta;
  /** The template it replaces. */
  readonly old: RevisionTemplate | undefined;
}

/** The template of a Service or Configuration (serving-api.md, sections 7, 8 and 11); paths from `spec`. */
export function validateTemplate(template: RevisionTemplate, context: TemplateContext): FieldError[] {
  const metadata = template.metadata ?? {};
  return viaField('template', [
    ...viaField('spec', validateRevisionSpec(template.spec, context)),
    ...viaField('metadata', [
      ...validateTemplateAnnotations(metadata, context),
      ...validateOwnName(metadata, context.parent),
      ...validateGenerateName(metadata),
      ...validateNameChange(template, context.old),
    ]),
  ]);
}

/** A Revision named by its user carries the name of its parent, so that names of two parents cannot meet. */
function validateOwnName({ name = '' }: ObjectMeta, parent: ObjectMeta): FieldError[] {
  if (name === '') return [];
  const wrong = checkDns1035Label(name);
  if (wrong.length > 0) return [invalidValue(`not a DNS 1035 label: [${wrong.join(' ')}]`, 'name')];
  if (!parent.name) return [disallowedFields('name')];
  const prefix = `${parent.name}-`;
  return name.startsWith(prefix) ? [] : [invalidValue(`"${name}" must have prefix "${prefix}"`, 'name')];
}

function validateGenerateName({ generateName = '' }: ObjectMeta): FieldError[] {
  const wrong = generateName === '' ? [] : checkDns1035Prefix(generateName);
  return wrong.length > 0 ? [invalidValue(`not a DNS 1035 label prefix: [${wrong.join(' ')}]`, 'generateName')] : [];
}

/** Under one name there can be but one Revision, and that one does not change. */
function validateNameChange(template: RevisionTemplate, old: RevisionTemplate | undefined): FieldError[] {
  const name = template.metadata?.name;
  if (!name || old?.metadata?.name !== name || sameMeaning(old, template)) return [];
  const details = describeDifference(old, template);
  return [fieldError('Saw the following changes without a name change (-old +new)', ['name'], { details })];
}
