import type { Story } from '../story.ts';
import { consequences } from './consequences.ts';
import { custom } from './custom.ts';
import { discovery } from './discovery.ts';
import { kinds } from './kinds.ts';
import { objects } from './objects.ts';
import { patches } from './patches.ts';
import { podStories } from './pods.ts';
import { reading } from './reading.ts';

/** All stories, each in a namespace of its own. */
export const stories: readonly Story[] = [
  ...objects,
  ...patches,
  ...reading,
  ...kinds,
  ...podStories,
  ...consequences,
  ...custom,
  ...discovery,
];
