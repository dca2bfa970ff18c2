let lastSecond = Number.NaN;
let lastText = '';

/**
 * A moment, in milliseconds since the epoch, as Kubernetes and ECI write it: UTC in whole seconds, `2026-01-01T00:00:00Z`. Much is
 * told in one second, so the last text is kept. Throws `RangeError` if there is no such moment.
 */
export function toTimestamp(ms: number): string {
  const second = Math.floor(ms / 1000);
  if (second === lastSecond) return lastText;
  lastText = new Date(second * 1000).toISOString().replace('.000Z', 'Z');
  lastSecond = second;
  return lastText;
}
