/** Words about why a device is silent: the very ones the box says it with, in the API and on the command line. */
import { SILENCE_TEXTS } from '../../../../model/silence-words.ts';

export const silence = {
  ...SILENCE_TEXTS,
  'why.times': { one: 'once', other: '{count} times' },
} as const;
