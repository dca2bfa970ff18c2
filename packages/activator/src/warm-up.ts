/**
 * How a cold instance without a limit of its own is spared: it gets a few requests first and more as it answers, as
 * thousands at once make it refuse connections (data-path.md, section 18, trap 7).
 */
export const warmUp = {
  /** Requests it may have at first. */
  initial: 64,
  /** More it may have for each request it begins to answer. */
  perResponse: 2,
  /** Where waiting ones are held back for so long without an answer, it may have twice as many: it may be an app that answers one only when another comes. */
  doubleAfterMs: 100,
  /** Above this it is warm, and may have any number. */
  enough: 1024,
} as const;

/** The next limit of an instance that warms up. */
export function raised(limit: number, by: number): number {
  return limit + by > warmUp.enough ? Infinity : limit + by;
}
