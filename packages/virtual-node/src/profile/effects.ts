import type { EciProfile, Labels, Selector } from './profile.ts';

/** What a pod has of its own. */
export interface PodMarks {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly namespaceLabels: Labels;
}

/** What selectors add to a pod, which never overwrites what it has. */
export interface Effects {
  readonly labels: Labels;
  readonly annotations: Labels;
}

/**
 * What the profile's selectors add to a pod: of those that match the first to name a key counts, and the pod's own before them.
 * Labels that were added select nothing.
 */
export function effectsOn(marks: PodMarks, { selectors }: Pick<EciProfile, 'selectors'>): Effects {
  const labels: Record<string, string> = {};
  const annotations: Record<string, string> = {};
  for (const selector of selectors) {
    if (!matches(selector, marks)) continue;
    add(labels, selector.labels, marks.labels);
    add(annotations, selector.annotations, marks.annotations);
  }
  return { labels, annotations };
}

/** True if the labels of namespaces matter. */
export function asksForNamespaces({ selectors }: Pick<EciProfile, 'selectors'>): boolean {
  return selectors.some(({ namespaceLabels }) => namespaceLabels !== undefined);
}

function matches({ namespaceLabels, podLabels }: Selector, marks: PodMarks): boolean {
  return isWithin(namespaceLabels ?? {}, marks.namespaceLabels) && isWithin(podLabels ?? {}, marks.labels);
}

function isWithin(wanted: Labels, labels: Labels): boolean {
  return Object.entries(wanted).every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value);
}

function add(to: Record<string, string>, from: Labels, own: Labels): void {
  for (const [key, value] of Object.entries(from)) {
    if (!Object.hasOwn(own, key) && !Object.hasOwn(to, key)) to[key] = value;
  }
}
