import type { ClassAccount, HpaAccount, KpaAccount } from '../classes/account.ts';
import type { Decision } from './decision.ts';
import type { Rule, Step } from './steps.ts';

/** A decision in words: what was seen, what it asks for, and each rule that changed it. */
export function explain(decision: Decision): string {
  const { from, to, account, steps, panics } = decision;
  const seen = account ? [`${capitalized(seenBy(account))}.`] : [];
  const rules = steps.map((step) => phrases[step.rule](step, decision));
  const mood = panics ? [' In panic no pod is taken away.'] : [];
  return [`${change(from, to)}.`, ...seen, `${capitalized(rules.join('; '))}.`].join(' ') + mood.join('');
}

function change(from: number, to: number): string {
  if (from === to) return `${pods(to)} as before`;
  return from < 0 ? `${pods(to)} to begin with` : `From ${from} to ${pods(to)}`;
}

function seenBy(account: ClassAccount): string {
  switch (account.class) {
    case 'kpa':
      return seenByKpa(account);
    case 'hpa':
      return seenByHpa(account);
    case 'precise':
      return `${account.observed.present} requests are present, and a pod takes ${account.spec.perPod} at a time`;
  }
}

function seenByKpa({ spec, observed }: KpaAccount): string {
  const { ready, starting = 0, waiting = 0, stable, panic } = observed;
  const unit = `request${stable === 1 ? '' : 's'} ${spec.metric === 'rps' ? 'a second' : 'at a time'}`;
  const long = `${figure(stable)} ${unit} on average over ${spec.stableWindowSeconds} s`;
  const short = `${figure(panic)} over ${spec.panicWindowSeconds} s`;
  const parts = [
    `${long}, ${short}, ${figure(spec.targetValue)} aimed at per pod`,
    `${ready} ready`,
    ...(starting > 0 ? [`${starting} starting`] : []),
    ...(waiting > 0 ? [`${waiting} waiting`] : []),
  ];
  return parts.join(', ');
}

function seenByHpa({ spec, observed: { ready, usage } }: HpaAccount): string {
  if (!usage) return `Ebb does not measure what the pods use, of which ${ready} are ready`;
  const each = Math.max(1, usage.pods);
  const cpu = `${figure(usage.cpuCores / each)} cores of ${figure(spec.cpuRequest)} requested (${spec.cpuPercent} % aimed at)`;
  const memory = `${figure(usage.memoryBytes / each / 2 ** 20)} MiB (${spec.memoryMebibytes} aimed at)`;
  const parts = [...(spec.cpuPercent > 0 ? [cpu] : []), ...(spec.memoryMebibytes > 0 ? [memory] : [])];
  return `${ready} ready pods use ${parts.join(' and ')} each`;
}

type Phrase = (step: Step, decision: Decision) => string;

const phrases: Readonly<Record<Rule, Phrase>> = {
  'stable-average': ({ scale }) => `the long average asks for ${scale}`,
  'panic-average': ({ scale }) => `the short average asks for ${scale}`,
  'waiting-requests': ({ scale }) => `requests that wait ask for ${scale}`,
  'requests-present': ({ scale }) => `they ask for ${scale}`,
  'resource-usage': ({ scale }) => `that asks for ${scale}`,
  'scale-subresource': ({ scale }) => `the scale subresource says ${scale}`,
  'nothing-known': ({ scale }) => (scale < 0 ? 'nothing is known of the load yet' : `that leaves ${scale}`),
  'max-scale-up-rate': ({ scale }) => `the scale-up rate lets ${scale}`,
  'max-scale-down-rate': ({ scale }) => `the scale-down rate keeps ${scale}`,
  'activation-scale': ({ scale }) => `the activation scale is ${scale}`,
  'panic-floor': ({ scale }) => `panic keeps ${scale}`,
  'scale-down-delay': ({ scale }) => `${scale} were wanted within the scale-down delay`,
  'stabilization-window': ({ scale }) => `${scale} were wanted within the stabilization window`,
  forecast: ({ scale }) => `the forecast asks for ${scale}`,
  'scale-up-only': ({ scale }) => `the class never takes pods away, so ${scale} stay`,
  'load-not-known-well': ({ scale }) => `${scale} stay while the load is not known well`,
  schedule: ({ scale }) => `the schedule makes it ${scale}`,
  'min-scale': ({ scale }) => `the minimum is ${scale}`,
  'initial-scale': ({ scale }) => `the initial scale is ${scale}`,
  'max-scale': ({ scale }) => `the maximum is ${scale}`,
  'scale-to-zero-disabled': () => 'scaling to zero is disabled, so one stays',
  activating: () => 'the revision is still being activated, so the pods stay',
  'stays-active': () => 'the revision stays active for a stable window, so one stays',
  'last-pod-stays': () => 'the last pod stays for the retention period',
};

const pods = (count: number): string => `${count} pod${count === 1 ? '' : 's'}`;

/** At most two decimals. */
const figure = (value: number): string => String(Math.round(value * 100) / 100);

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
