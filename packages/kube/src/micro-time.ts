/** `meta/v1 MicroTime`: exactly six digits after the point. */
export function toMicroTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
