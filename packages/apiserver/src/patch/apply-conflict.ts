import { type ManagedFieldsEntry, StatusError } from '@ebb/api';
import { type FieldSet, pathText } from './field-set.ts';

/** Fields that an apply would take from their owner. */
export interface ApplyConflict {
  readonly owner: ManagedFieldsEntry;
  readonly fields: FieldSet;
}

/** The answer 409 to an apply with these conflicts, in the words and form that kubectl expects. */
export function applyConflict(conflicts: readonly ApplyConflict[]): StatusError {
  const found = conflicts
    .map(({ owner, fields }) => ({ owner: ownerText(owner), fields: [...fields.paths()].map(pathText) }))
    .toSorted((a, b) => (a.owner < b.owner ? -1 : 1));
  const causes = found.flatMap(({ owner, fields }) =>
    fields.map((field) => ({ reason: 'FieldManagerConflict', message: `conflict with ${owner}`, field })),
  );
  const [only] = causes;
  const message =
    causes.length === 1 && only
      ? `Apply failed with 1 conflict: ${only.message}: ${only.field}`
      : `Apply failed with ${causes.length} conflicts: ${found.map(groupText).join('\n')}`;
  return new StatusError('Conflict', message, { details: { causes } });
}

function groupText({ owner, fields }: { readonly owner: string; readonly fields: readonly string[] }): string {
  return [`conflicts with ${owner}:`, ...fields.map((field) => `- ${field}`)].join('\n');
}

function ownerText({ manager, operation, apiVersion, subresource }: ManagedFieldsEntry): string {
  const name = JSON.stringify(manager ?? '') + (subresource ? ` with subresource ${JSON.stringify(subresource)}` : '');
  return operation === 'Update' ? `${name} using ${apiVersion}` : name;
}
