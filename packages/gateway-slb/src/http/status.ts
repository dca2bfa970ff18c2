/** Statuses of responses that have no body, whatever their headers say. */
export const bodiless: ReadonlySet<number> = new Set([204, 304]);
