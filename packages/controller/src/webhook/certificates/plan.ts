import { X509Certificate } from 'node:crypto';
import type { Kept } from './kept.ts';

/**
 * What is to be done with the certificates now:
 *
 * | step     | when                                                | then the bundle holds        |
 * |----------|-----------------------------------------------------|------------------------------|
 * | `renew`  | two thirds of the certificate's life are over       | current and next authority   |
 * | `switch` | the next one has been known for a while, everywhere | previous and current         |
 * | `forget` | no replica shows the one before any more            | current                      |
 * | `wait`   | else                                                | as it is                     |
 */
export type Step =
  | { readonly do: 'renew' | 'switch' | 'forget' }
  /** Look again then; milliseconds since the epoch. */
  | { readonly do: 'wait'; readonly untilMs: number };

export interface PlanInput {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Whether every webhook configuration trusts that authority. */
  readonly isTrusted: (ca: string) => boolean;
}

/** How soon to look again for configurations that do not trust the next authority yet. */
const retryMs = 5000;

/** The next step in the life of the certificates. One that is about to end is replaced even where some do not trust the next. */
export function planStep({ current, next, previous }: Kept, { now, isTrusted }: PlanInput): Step {
  const { fromMs, renewAtMs, untilMs } = lifeOf(current.certificate);
  if (next) {
    const lastCallMs = untilMs - (untilMs - fromMs) / 100;
    if (now >= lastCallMs) return { do: 'switch' };
    if (now < next.fromMs) return { do: 'wait', untilMs: Math.min(next.fromMs, lastCallMs) };
    return isTrusted(next.certificates.ca) ? { do: 'switch' } : { do: 'wait', untilMs: now + retryMs };
  }
  if (previous && now >= previous.untilMs) return { do: 'forget' };
  if (now >= renewAtMs) return { do: 'renew' };
  return { do: 'wait', untilMs: Math.min(renewAtMs, previous?.untilMs ?? Infinity) };
}

function lifeOf(certificate: string): {
  readonly fromMs: number;
  readonly renewAtMs: number;
  readonly untilMs: number;
} {
  const { validFrom, validTo } = new X509Certificate(certificate);
  const fromMs = Date.parse(validFrom);
  const untilMs = Date.parse(validTo);
  return { fromMs, untilMs, renewAtMs: fromMs + ((untilMs - fromMs) * 2) / 3 };
}
