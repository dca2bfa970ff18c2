/** True for the name of an IANA time zone. */
export function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).format(0) !== '';
  } catch {
    return false;
  }
}

/** Throws an `Error` that says so if there is no such time zone. */
export function requireTimeZone(text: string): void {
  if (!isTimeZone(text)) throw new Error(`${text} is no time zone; it must be an IANA one such as Asia/Shanghai`);
}
