export { FakeClock } from './fake-clock.ts';
export { eventually } from './eventually.ts';
