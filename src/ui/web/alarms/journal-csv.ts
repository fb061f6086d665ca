/** The journal of alarms as a table for spreadsheets (RFC 4180). Pure. */
import type { AlarmEntryView } from '../../shapes/alarms.ts';

const COLUMNS = [
  'time',
  'event',
  'priority',
  'message',
  'subjectName',
  'device',
  'area',
  'state',
  'value',
  'unit',
  'limit',
  'by',
  'reason',
  'until',
  'rule',
  'id',
] as const satisfies readonly (keyof AlarmEntryView)[];

/** With a mark of the encoding in front, without which spreadsheets take umlauts for something else. */
export function journalCsv(entries: readonly AlarmEntryView[]): string {
  const lines = entries.map((entry) => COLUMNS.map((column) => cell(entry[column])).join(','));
  return `\uFEFF${[COLUMNS.join(','), ...lines].join('\r\n')}\r\n`;
}

/** What a spreadsheet would take for a formula gets an apostrophe in front. */
function cell(value: AlarmEntryView[(typeof COLUMNS)[number]]): string {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
