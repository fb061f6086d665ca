/** A verdict of the box in the words of the reader's language; one of a newer box is told as the box does. Pure. */
import type { SilenceView } from '../shapes/silence.ts';
import { age, decibel, duration } from './format.ts';
import { refusalWords } from './refusal-words.ts';
import { hasText, t } from './texts.ts';

type Value = number | string;

/** `trouble`: what is wrong with the broker, in the reader's language. */
export function verdictWords({ said, text }: Pick<SilenceView, 'said' | 'text'>, trouble?: string): string {
  const pieces = said.map(({ key, values }) =>
    hasText(key) ? t(key, { ...readable(values), ...(trouble === undefined ? {} : { trouble }) }) : undefined,
  );
  return pieces.some((piece) => piece === undefined) ? text : pieces.join('; ');
}

export function adviceWords({
  todo = '',
  advice,
}: {
  readonly todo?: string | undefined;
  readonly advice?: string | undefined;
}): string | undefined {
  return hasText(todo) ? t(todo) : advice;
}

/** A value's name says what it is. */
function readable(values: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, readableOne(name, value)]));
}

function readableOne(name: string, value: Value): Value {
  if (typeof value === 'string') return name === 'reason' ? refusalWords(value) : value;
  switch (name) {
    case 'ago':
      return age(value);
    case 'every':
      return duration(value);
    case 'times':
      return t('why.times', { count: value });
    case 'margin':
    case 'before':
      return decibel(value);
    default:
      return value;
  }
}
