import { type AutoscalerConfig, type PodAutoscaler, renderFindings, validateAutoscalingAnnotations } from '@ebb/api';

type Annotations = Readonly<Record<string, string>>;

/** The annotations to go by, and what was wrong with those that were given. */
export interface GoodAnnotations {
  readonly annotations: Annotations;
  /** Undefined if all were fine. */
  readonly complaint: string | undefined;
}

/**
 * Admission refuses annotations that are out of range; whoever writes a PodAutoscaler past it does not get them either. As long as
 * one is wrong the last good ones stay, all of them; without any, only those that are wrong are left out.
 */
export function goodAnnotations(
  { metadata }: PodAutoscaler,
  config: AutoscalerConfig,
  lastGood: Annotations | undefined,
): GoodAnnotations {
  const given = metadata.annotations ?? {};
  // Limits of the cluster bind at admission only: a limit that came later does not undo what was admitted before.
  const lenient = { ...config, maxScaleLimit: 0, allowZeroInitialScale: true };
  const findings = validateAutoscalingAnnotations(given, lenient);
  if (findings.length === 0) return { annotations: given, complaint: undefined };
  const complaint = renderFindings(findings);
  if (lastGood) return { annotations: lastGood, complaint };
  const kept = without(
    given,
    findings.flatMap(({ paths }) => paths),
  );
  // A finding about two of them may name them by another spelling than was used.
  return { annotations: validateAutoscalingAnnotations(kept, lenient).length === 0 ? kept : {}, complaint };
}

/** Some paths carry the reason behind the key. */
function without(annotations: Annotations, paths: readonly string[]): Annotations {
  const isBad = (key: string): boolean => paths.some((path) => path === key || /^[\w./-]+/.exec(path)?.[0] === key);
  return Object.fromEntries(Object.entries(annotations).filter(([key]) => !isBad(key)));
}
