import type { Clock } from '@ebb/base';

/** What is made of the time as HTTP writes it (RFC 9110, section 5.6.7), made anew each second. */
export function everySecond(clock: Pick<Clock, 'now'>, make: (date: string) => string): () => string {
  let second = -1;
  let made = '';
  return () => {
    const now = Math.floor(clock.now() / 1000);
    if (now !== second) {
      second = now;
      made = make(new Date(now * 1000).toUTCString());
    }
    return made;
  };
}
