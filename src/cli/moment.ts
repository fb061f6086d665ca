/** A time as people write it on the command line: a day, or a time with its zone. */

/** Epoch milliseconds; 'wrong' for what is no time, or one whose zone nobody knows; undefined for none. */
export function momentOf(text: string | undefined): number | 'wrong' | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text)) return 'wrong';
  const ms = Date.parse(text);
  // The 31st of February would be a day in March.
  const day = text.slice(0, 10);
  const isDay = !Number.isNaN(Date.parse(day)) && new Date(day).toISOString().startsWith(day);
  return Number.isNaN(ms) || !isDay ? 'wrong' : ms;
}
