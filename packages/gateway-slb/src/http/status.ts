/** Statuses of responses that have no body, whatever their headers say. */
export const bodiless: ReadonlySet<number> = new Set([204, 304]);

/** Stands for the status of a request whose client did not wait for the response. */
export const clientGone = 499;
