import {
  type ConfigurationRollout,
  type RevisionShare,
  type Rollout,
  type StepParams,
  nanos,
  rolloutKey,
} from './rollout.ts';

/** What a rollout looks at besides where it stands. */
export interface RolloutMoment {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** How long a rollout is to take; below a second there is none, and traffic moves at once. */
  readonly durationMs: number;
  /** The gateways serve the shares of the present rollout. */
  readonly ingressReady: boolean;
  /** False for a revision that has been deleted: its share goes to the newest. */
  readonly exists: (revisionName: string) => boolean;
}

/**
 * The rollout that follows: towards `goal`, in which every latest revision has its whole share, from where `present` stands
 * (serving-api.md, section 20). Configurations and tags that are new, and shares of one percent or none, are at their
 * goal at once.
 *
 * A share of 100 and a duration of 60 s, the gateways ready 5 s after the first percent: 11 steps of 9 points, one each
 * 5 s: the newest has 1, 10, 19 … 91, 100.
 */
export function advanceRollout(goal: Rollout, present: Rollout | undefined, moment: RolloutMoment): Rollout {
  const seconds = Math.floor(moment.durationMs / 1000);
  if (!present || seconds <= 0) return goal;
  const known = new Map(present.configurations.map((configuration) => [rolloutKey(configuration), configuration]));
  const configurations = goal.configurations.map((wanted) => {
    const before = known.get(rolloutKey(wanted));
    return before && wanted.percent > 1 ? advance(wanted, before, { ...moment, durationMs: seconds * 1000 }) : wanted;
  });
  return { configurations };
}

function advance(
  wanted: ConfigurationRollout,
  before: ConfigurationRollout,
  moment: RolloutMoment,
): ConfigurationRollout {
  const [target] = wanted.revisions;
  const there = before.revisions.filter(({ revisionName, percent }) => percent > 0 && moment.exists(revisionName));
  const revisions = fitShare(there, wanted.percent);
  const newest = revisions.at(-1);
  if (!target || !newest) return wanted;
  if (newest.revisionName !== target.revisionName) return start(wanted, revisions, moment);
  if (revisions.length === 1) return wanted;
  return step({ ...wanted, revisions }, paceOf(before, moment), moment);
}

/** Makes the shares add up to `percent`: more goes to the newest, less is taken from the oldest first. */
function fitShare(revisions: readonly RevisionShare[], percent: number): readonly RevisionShare[] {
  const surplus = sum(revisions) - percent;
  if (surplus > 0) return take(revisions, surplus);
  const newest = revisions.at(-1);
  return newest ? [...revisions.slice(0, -1), { ...newest, percent: newest.percent - surplus }] : [];
}

/** Takes points from the first ones on; those used up drop out. */
function take(revisions: readonly RevisionShare[], points: number): readonly RevisionShare[] {
  let left = points;
  return revisions.flatMap((share) => {
    const taken = Math.min(left, share.percent);
    left -= taken;
    return share.percent > taken ? { ...share, percent: share.percent - taken } : [];
  });
}

/** A newer revision joins with the first percent. One that had a share already, as after a rollback, keeps it. */
function start(
  wanted: ConfigurationRollout,
  revisions: readonly RevisionShare[],
  { now }: RolloutMoment,
): ConfigurationRollout {
  const revisionName = wanted.revisions[0]?.revisionName ?? '';
  const own = revisions.find((share) => share.revisionName === revisionName)?.percent ?? 0;
  const others = revisions.filter((share) => share.revisionName !== revisionName);
  const rest = own > 0 ? others : takeFromNewest(others, 1);
  const moving = [...rest, { revisionName, percent: Math.max(1, own) }];
  return { ...wanted, revisions: moving, stepParams: { starttime: toNanos(now) } };
}

function takeFromNewest(revisions: readonly RevisionShare[], points: number): readonly RevisionShare[] {
  return take(revisions.toReversed(), points).toReversed();
}

/** The pace kept so far; a new one if its times lie ahead as no clock of a controller can have set them. */
function paceOf({ stepParams }: ConfigurationRollout, { now }: RolloutMoment): StepParams {
  const latest = toNanos(now) + (stepParams?.stepDuration ?? 0) + clockSkew;
  const credible = stepParams && stepParams.starttime <= latest && (stepParams.nextStepTime ?? 0) <= latest;
  return credible ? stepParams : { starttime: toNanos(now) };
}

/** How far the clocks of two controllers may differ, in nanoseconds. */
const clockSkew = 60_000 * nanos;

/** Sets the pace, takes a step, or leaves things as they are, as time and the gateways have it. */
function step(current: ConfigurationRollout, pace: StepParams, moment: RolloutMoment): ConfigurationRollout {
  const { nextStepTime, stepDuration, stepSize } = pace;
  if (nextStepTime === undefined || stepDuration === undefined || stepSize === undefined) {
    return { ...current, stepParams: moment.ingressReady ? setPace(current, pace, moment) : pace };
  }
  const now = toNanos(moment.now);
  if (now < nextStepTime) return { ...current, stepParams: pace };
  const revisions = move(current.revisions, stepSize);
  const moved = { ...current, revisions };
  return revisions.length === 1 ? moved : { ...moved, stepParams: { ...pace, nextStepTime: now + stepDuration } };
}

/** Gives points to the last revision, from the others, the newest of them first. */
function move(revisions: readonly RevisionShare[], points: number): readonly RevisionShare[] {
  const rest = takeFromNewest(revisions.slice(0, -1), points);
  const newest = revisions.at(-1);
  return newest ? [...rest, { ...newest, percent: sum(revisions) - sum(rest) }] : [];
}

/** The time the gateways took for the first percent is what each step is given. */
function setPace(
  { revisions, percent }: ConfigurationRollout,
  { starttime }: StepParams,
  { now, durationMs }: RolloutMoment,
): StepParams {
  const seconds = durationMs / 1000;
  const taken = Math.max(1, Math.ceil((toNanos(now) - starttime) / (1000 * nanos)));
  const left = Math.max(1, seconds - taken);
  const missing = percent - (revisions.at(-1)?.percent ?? 0);
  const steps = Math.min(Math.max(1, left / taken), missing);
  const stepDuration = Math.round((left / steps) * 1000 * nanos);
  return {
    starttime,
    nextStepTime: toNanos(now) + stepDuration,
    stepDuration,
    stepSize: Math.max(1, Math.round(missing / steps)),
  };
}

function sum(revisions: readonly RevisionShare[]): number {
  return revisions.reduce((total, { percent }) => total + percent, 0);
}

/** Whole milliseconds as nanoseconds: such a number comes back from JSON as it went. */
function toNanos(ms: number): number {
  return Math.floor(ms) * nanos;
}
