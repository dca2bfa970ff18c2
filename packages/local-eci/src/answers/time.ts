/** A time as ECI writes it: UTC, whole seconds. */
export function eciTime(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`;
}
