/** A span of the week as a form has it, days and two times, and as the box has it: 'mon-fri 18:00-24:00'. Pure. */
import type { Filled } from './filled.ts';

export interface WindowRow {
  /** '' for every day. */
  readonly days: string;
  readonly from: string;
  readonly to: string;
}

/** Offered; what the command line or the API made of others stays as it is. */
export const WINDOW_DAYS = [
  'every',
  'mon-fri',
  'sat-sun',
  'mon',
  'tue',
  'wed',
  'thu',
  'fri',
  'sat',
  'sun',
] as const;
export type WindowDays = (typeof WINDOW_DAYS)[number];
export const NEW_WINDOW: WindowRow = { days: '', from: '18:00', to: '06:00' };

export function windowRowOf(window: string): WindowRow {
  const [times = '', days = ''] = window.split(' ').reverse();
  const [from = '', to = ''] = times.split('-');
  // The field for a time knows no 24:00.
  return { days, from, to: to === '24:00' ? '00:00' : to };
}

export function windowTextOf({ days, from, to }: WindowRow): string {
  const times = `${from}-${to === '00:00' ? '24:00' : to}`;
  return days === '' || days === 'every' ? times : `${days} ${times}`;
}

/** The windows of the rows called `name`. */
export function windowsIn(form: Filled, name: string): readonly string[] {
  return form.all(name).map((key) => {
    const of = (field: string): string => form.one(`${name}-${key}-${field}`);
    return windowTextOf({ days: of('days'), from: of('from'), to: of('to') });
  });
}

export function isWindowDays(text: string): text is WindowDays {
  return WINDOW_DAYS.some((one) => one === text);
}
