import type { Pod } from '@ebb/api';
import type { Attempt, GroupSettings } from '../profile/settings.ts';
import { skippedNames } from './environment.ts';
import { ignoredFields } from './ignored-fields.ts';
import type { Lookup } from './lookup.ts';
import type { PodEvent } from './pod-event.ts';

interface Making {
  readonly lookup: Lookup;
  readonly settings: GroupSettings;
  /** What there was at last. */
  readonly used: Attempt;
}

/** What is to be told of a pod whose group was made: all that is otherwise than it was asked for. */
export function madeEvents(pod: Pod, { lookup, settings, used }: Making): PodEvent[] {
  const warn = (reason: string, message: string): PodEvent => ({ type: 'Warning', reason, message });
  const fields = ignoredFields(pod);
  const missing = lookup.pullSecrets.filter((name) => !lookup.secret(name));
  const { attempts, ignored } = settings;
  const isDegraded = attempts[0]?.spotStrategy !== undefined && used.spotStrategy === undefined;
  return [
    ...(ignored.length > 0
      ? [warn('AnnotationIgnored', `these annotations mean nothing here and were ignored: ${ignored.join(', ')}`)]
      : []),
    ...(fields.length > 0
      ? [warn('FieldIgnored', `a container group has none of these, and they were ignored: ${fields.join(', ')}`)]
      : []),
    ...skippedNames(pod, lookup).map((message) => warn('InvalidEnvironmentVariableNames', message)),
    // As a kubelet has it: the image may be to be had without.
    ...(missing.length > 0
      ? [
          warn(
            'FailedToRetrieveImagePullSecret',
            `Unable to retrieve some image pull secrets (${missing.join(', ')}); attempting to pull the image may not succeed.`,
          ),
        ]
      : []),
    // Somebody wanted spot, and pays more.
    ...(isDegraded ? [warn('SpotDegraded', 'no spot instance was to be had: the pod runs on demand')] : []),
  ];
}
